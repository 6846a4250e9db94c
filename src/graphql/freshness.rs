//! Which reads may be a little old: the one place where it is decided.
//!
//! With `DATABASE_REPLICA_URL` a replica answers what many people look at and nobody acts on without the primary having
//! the last word: the shop window. An operation reads there if, and only if,
//!
//! - it is a query: what a mutation answers is what it has just written, and what a subscription tells has just
//!   happened;
//! - all that it asks for at its root is of the shop window, listed below: beside a member's own things (cart, points,
//!   orders, coupons, gifts) prices are those that the member will pay, so such an operation reads everything
//!   at the primary;
//! - whoever asks runs no store: merchants and admins see what they have just changed.
//!
//! Of such an operation the replica answers products, options, stores, the lists and counts of them, and what sells
//! most; all else in it is read at the primary. So are stock counts (`stockQuantity`), which a client acts on; the filter
//! `inStock` and the ranks of popular products are as old as the replica. What the replica does not have yet, for
//! instance a product whose address somebody was just sent, is looked for at the primary.
//!
//! How old it may be is limited by `DATABASE_REPLICA_LAG_MS_MAX`: see `db/replica.rs`.

use std::collections::HashSet;

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use entity::member::Role;

use super::Identity;

/// The fields of the query root that the shop window is made of, and those that read nothing.
const SHOP_WINDOW: [&str; 8] = [
    "products",
    "product",
    "stores",
    "store",
    "popularProducts",
    "__typename",
    "__schema",
    "__type",
];

/// Whether the operation may be answered from a replica.
pub fn may_be_old(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    identity: Identity,
) -> bool {
    let runs_a_store = match identity {
        Identity::Member(caller) => caller.role != Role::Member,
        Identity::Anonymous | Identity::BadToken => false,
    };
    operation.ty == OperationType::Query
        && !runs_a_store
        && is_shop_window(&operation.selection_set.node, document, &mut HashSet::new())
}

fn is_shop_window<'d>(
    selected: &'d SelectionSet,
    document: &'d ExecutableDocument,
    seen: &mut HashSet<&'d str>,
) -> bool {
    selected.items.iter().all(|item| match &item.node {
        Selection::Field(field) => SHOP_WINDOW.contains(&field.node.name.node.as_str()),
        Selection::InlineFragment(fragment) => {
            is_shop_window(&fragment.node.selection_set.node, document, seen)
        }
        Selection::FragmentSpread(spread) => {
            let name = spread.node.fragment_name.node.as_str();
            match document.fragments.get(name) {
                Some(fragment) if seen.insert(name) => {
                    is_shop_window(&fragment.node.selection_set.node, document, seen)
                }
                // Looked at already, or refused by validation.
                _ => true,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use entity::id::TypedId;
    use uuid::Uuid;

    use super::*;
    use crate::{
        graphql::{build_schema, response_order::chosen},
        member::Access,
    };

    fn member(role: Role) -> Identity {
        Identity::Member(Access {
            member_id: TypedId::from_uuid(Uuid::nil()),
            session_id: TypedId::from_uuid(Uuid::nil()),
            role,
        })
    }

    fn may(query: &str, identity: Identity) -> bool {
        let document = parse_query(query).unwrap();
        let operation = chosen(&document, None).unwrap();
        may_be_old(&document, operation, identity)
    }

    #[test]
    fn the_shop_window_may_be_old_for_whoever_runs_no_store() {
        let queries = [
            "{ products { nodes { name } } }",
            "{ __typename best: popularProducts { rank } ... { stores { nodes { id } } } }",
            "query Q { ...F ...F } fragment F on Query { product(id: \"x\") { id } ...F }",
        ];
        for query in queries {
            assert!(may(query, Identity::Anonymous), "{query}");
            assert!(may(query, Identity::BadToken), "{query}");
            assert!(may(query, member(Role::Member)), "{query}");
            assert!(!may(query, member(Role::Merchant)), "{query}");
            assert!(!may(query, member(Role::Admin)), "{query}");
        }
    }

    #[test]
    fn nothing_beside_ones_own_things_is_old() {
        for query in [
            "{ me { id } }",
            "{ products { nodes { name } } me { cart { total } } }",
            "{ node(id: \"x\") { id } }",
            "{ ... { products { nodes { name } } cart { total } } }",
            "{ ...F } fragment F on Query { product(id: \"x\") { id } ...G } fragment G on Query { me { id } }",
            "mutation { products { nodes { name } } }",
            "subscription { products { nodes { name } } }",
        ] {
            assert!(!may(query, member(Role::Member)), "{query}");
        }
    }

    #[test]
    fn the_shop_window_is_in_the_schema() {
        let sdl = build_schema(None).sdl();
        let (_, query) = sdl.split_once("type Query {").unwrap();
        let (query, _) = query.split_once("\n}").unwrap();
        for field in SHOP_WINDOW.iter().filter(|field| !field.starts_with("__")) {
            assert!(query.contains(&format!("\t{field}(")), "{field}");
        }
    }
}
