use async_graphql::ID;
use entity::id::{TypedId, WrongId};

use super::{ApiError, InputError};
use crate::text::{Message, message};

/// Reading the ids that clients send.
pub trait IdArgument {
    /// The id in an argument of a query.
    ///
    /// # Errors
    /// `BAD_REQUEST` when it is not an id of that kind.
    fn parse_argument<I: TypedId>(&self) -> Result<I, ApiError>;

    /// The id in a field of a mutation's input.
    ///
    /// # Errors
    /// `INVALID_INPUT` at `path` when it is not an id of that kind.
    fn parse_input<I: TypedId>(&self, path: &[&str]) -> Result<I, InputError>;
}

impl IdArgument for ID {
    fn parse_argument<I: TypedId>(&self) -> Result<I, ApiError> {
        self.parse()
            .map_err(|wrong| ApiError::bad_request(told(&wrong)))
    }

    fn parse_input<I: TypedId>(&self, path: &[&str]) -> Result<I, InputError> {
        self.parse()
            .map_err(|wrong| InputError::invalid(told(&wrong), path))
    }
}

fn told(wrong: &WrongId) -> Message {
    message!("graphql-wrong-id", prefix = wrong.expected_prefix)
}

/// The ids in a list of a mutation's input.
///
/// # Errors
/// `INVALID_INPUT` at the first that is not an id of that kind.
pub fn parse_ids<I: TypedId>(ids: &[ID], field: &str) -> Result<Vec<I>, InputError> {
    ids.iter()
        .enumerate()
        .map(|(index, id)| id.parse_input(&[field, &index.to_string()]))
        .collect()
}
