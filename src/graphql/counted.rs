//! What an operation is counted as before it is executed, by who asks: one of those under way, what it costs, and of a
//! member its mutations.

use async_graphql::{
    Positioned,
    parser::types::{OperationDefinition, OperationType, Selection},
};

use super::ApiError;
use crate::rate::{Asker, Lefts, Rates, Turn};

/// Mutations that change nothing in the shop. Their own sessions members may always begin, renew and end: whoever has their
/// token could keep them from it.
const OF_SESSIONS: [&str; 6] = [
    "__typename",
    "changePassword",
    "refreshSession",
    "signIn",
    "signOut",
    "signUp",
];

/// Counts the operation, in which nothing is left that is not to be executed; notes what is left.
///
/// # Errors
/// `RATE_LIMITED`.
pub fn count(
    rates: &Rates,
    operation: &OperationDefinition,
    cost: usize,
    asker: Asker,
    left: &mut Lefts,
) -> Result<Option<Turn>, ApiError> {
    let changes = changes(operation);
    if operation.ty == OperationType::Mutation && changes == 0 {
        return Ok(None);
    }
    // Whoever listens is counted as a listener.
    let turn = match operation.ty {
        OperationType::Subscription => None,
        _ => rates.begin(asker)?,
    };
    rates.ask(asker, cost, left)?;
    if let (Asker::Member(member_id), OperationType::Mutation) = (asker, operation.ty) {
        rates.mutate(member_id, changes, left)?;
    }
    Ok(turn)
}

/// How many fields at the root change something in the shop, if it is a mutation's.
fn changes(operation: &OperationDefinition) -> u32 {
    let changes = |selection: &&Positioned<Selection>| match &selection.node {
        Selection::Field(field) => !OF_SESSIONS.contains(&field.node.name.node.as_str()),
        _ => true,
    };
    let fields = operation.selection_set.node.items.iter();
    u32::try_from(fields.filter(changes).count()).unwrap_or(u32::MAX)
}
