//! What an operation costs: its fields, each one, those in a list as often as the list may be long. That is how many
//! values its longest answer has, and so what it takes to read, to make and to send.
//!
//! How long a list may be is read off the schema, so that no field can be forgotten:
//!
//! - a field that takes `first` or `last` is as long as the page that is asked for, by a number or by a variable, or as
//!   the page that comes unasked. If it is a connection, its `edges` and its `nodes` are;
//! - one that takes a list, as `nodes(ids:)` does, is as long as that;
//! - any other is taken to have [`LIST_ASSUMED`] entries: an order's items, a product's options;
//! - introspection is answered from memory, and each of its fields is one.
//!
//! `@skip` and `@include` change nothing: an operation costs the same whatever its conditions.

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::Value,
    executable::{Field, Operation, Selection, SelectionSet},
};
use async_graphql::{Value as GraphQlValue, Variables};

use crate::config::{LIST_ASSUMED, PAGE_DEFAULT, PAGE_MAX};

/// What the operations of a document cost, by their names.
#[derive(Debug)]
pub struct Costs(HashMap<Option<String>, Cost>);

impl Costs {
    /// Of a valid document that is not too large.
    pub fn of(document: &ExecutableDocument) -> Self {
        let of = |operation: &Operation| {
            let name = operation.name.as_ref().map(Name::to_string);
            (
                name,
                Reading { document }.selections(&operation.selection_set, None),
            )
        };
        Self(document.operations.iter().map(|it| of(it)).collect())
    }

    /// What an operation costs with these variables, which have their defaults: its fields. 0 if there is none.
    pub fn with(&self, operation_name: Option<&str>, variables: &Variables) -> usize {
        let cost = match operation_name {
            Some(name) => self.0.get(&Some(name.to_owned())),
            None => self.0.values().next(),
        };
        cost.map_or(0, |cost| cost.with(variables))
    }
}

/// What selections cost.
#[derive(Debug, Default)]
struct Cost {
    /// Those that are there once.
    fields: usize,
    /// Those of each entry of a list.
    lists: Vec<(Length, Self)>,
}

/// How long a list may be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Length {
    Known(usize),
    /// As the first of these variables says that has a value, or else so long.
    Page(Vec<Name>, usize),
    /// As that variable's value.
    Given(Name),
}

impl Length {
    fn with(&self, variables: &Variables) -> usize {
        match self {
            Self::Known(length) => *length,
            Self::Page(sizes, otherwise) => {
                let sizes = sizes.iter().filter_map(|name| variables.get(name.as_str()));
                let mut sizes = sizes.filter_map(|size| match size {
                    GraphQlValue::Number(size) => Some(page(size.as_i64()?)),
                    _ => None,
                });
                sizes.next().unwrap_or(*otherwise)
            }
            Self::Given(name) => match variables.get(name.as_str()) {
                None | Some(GraphQlValue::Null) => 0,
                Some(GraphQlValue::List(items)) => items.len(),
                // One is a list of one.
                Some(_) => 1,
            },
        }
    }
}

/// A page of that size, if it is one; beyond the longest it is refused anyway, with a better message than that it costs
/// too much.
fn page(size: i64) -> usize {
    usize::try_from(size).unwrap_or_default().min(PAGE_MAX)
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.fields += other.fields;
        self.lists.extend(other.lists);
    }

    fn with(&self, variables: &Variables) -> usize {
        let lists = self
            .lists
            .iter()
            .map(|(length, entry)| length.with(variables).saturating_mul(entry.with(variables)));
        lists.fold(self.fields, usize::saturating_add)
    }
}

struct Reading<'d> {
    document: &'d ExecutableDocument,
}

impl Reading<'_> {
    /// What is selected of an object; `page` is how long its lists are, if it is a connection.
    fn selections(&self, set: &SelectionSet, page: Option<&Length>) -> Cost {
        let mut cost = Cost::default();
        for selection in &set.selections {
            cost.add(match selection {
                Selection::Field(field) => self.field(field, page),
                Selection::InlineFragment(fragment) => {
                    self.selections(&fragment.selection_set, page)
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    fragment.map_or_else(Cost::default, |fragment| {
                        self.selections(&fragment.selection_set, page)
                    })
                }
            });
        }
        cost
    }

    fn field(&self, field: &Field, page: Option<&Length>) -> Cost {
        if field.name.starts_with("__") {
            let fields = self.count(&field.selection_set) + 1;
            return Cost {
                fields,
                ..Cost::default()
            };
        }
        let of_field = page_of(field);
        if !field.definition.ty.is_list() {
            let mut cost = self.selections(&field.selection_set, of_field.as_ref());
            cost.fields += 1;
            return cost;
        }
        let length = of_field
            .or_else(|| page.cloned())
            .or_else(|| given(field))
            .unwrap_or(Length::Known(LIST_ASSUMED));
        Cost {
            fields: 1,
            lists: vec![(length, self.selections(&field.selection_set, None))],
        }
    }

    /// The fields, each once.
    fn count(&self, set: &SelectionSet) -> usize {
        let of = |selection: &Selection| match selection {
            Selection::Field(field) => self.count(&field.selection_set) + 1,
            Selection::InlineFragment(fragment) => self.count(&fragment.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.fragment_name);
                fragment.map_or(0, |fragment| self.count(&fragment.selection_set))
            }
        };
        set.selections.iter().map(of).sum()
    }
}

/// The arguments that say how long a page is to be: never both.
const PAGE_SIZES: [&str; 2] = ["first", "last"];

/// How long a page of the field is, if it has pages.
fn page_of(field: &Field) -> Option<Length> {
    let size = |name: &&str| field.definition.argument_by_name(name);
    let sizes = PAGE_SIZES.iter().filter_map(size).collect::<Vec<_>>();
    let default = sizes.first()?.default_value.as_ref();
    let default = default.and_then(|default| default.to_i32());
    let mut otherwise = default.map_or(PAGE_DEFAULT, |size| page(size.into()));
    let mut variables = Vec::new();
    for definition in sizes {
        match written(field, &definition.name) {
            Some(Value::Variable(name)) => variables.push(name.clone()),
            Some(value) => {
                if let Some(size) = value.to_i32() {
                    otherwise = page(size.into());
                    break;
                }
            }
            None => {}
        }
    }
    Some(if variables.is_empty() {
        Length::Known(otherwise)
    } else {
        Length::Page(variables, otherwise)
    })
}

/// How long the list is that a field takes, if it takes one.
fn given(field: &Field) -> Option<Length> {
    let mut taken = field.definition.arguments.iter();
    let taken = taken.find(|argument| argument.ty.is_list())?;
    Some(match written(field, &taken.name) {
        None | Some(Value::Null) => Length::Known(0),
        Some(Value::Variable(name)) => Length::Given(name.clone()),
        Some(Value::List(items)) => Length::Known(items.len()),
        Some(_) => Length::Known(1),
    })
}

/// The value of an argument as the document has it.
fn written<'f>(field: &'f Field, name: &Name) -> Option<&'f Value> {
    let mut arguments = field.arguments.iter();
    let argument = arguments.find(|argument| argument.name == *name)?;
    Some(&argument.value)
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;
    use crate::graphql::validation::{self, SCHEMA};

    fn cost_with(text: &str, variables: GraphQlValue) -> usize {
        let limits = super::super::DocumentLimits::default();
        let document = validation::parse(text, &limits).unwrap();
        let document = validation::validate(&document).unwrap();
        Costs::of(&document).with(None, &Variables::from_value(variables))
    }

    fn cost(text: &str) -> usize {
        cost_with(text, value!({}))
    }

    #[test]
    fn a_field_costs_one_and_a_page_as_often_as_it_is_long() {
        for (expected, text) in [
            (1, "{ __typename }"),
            (3, "{ me { id nickname } }"),
            // The connection, its list, and three of each of ten.
            (32, "{ products(first: 10) { nodes { id name price } } }"),
            (32, "{ products(last: 10) { nodes { id name price } } }"),
            (2 + 20, "{ products { nodes { id } } }"),
            (2 + 20, "{ products(first: null) { nodes { id } } }"),
            (2 + 100, "{ products(first: 1000000) { nodes { id } } }"),
            (2, "{ products(first: 0) { nodes { id } } }"),
            (2, "{ products(first: -5) { nodes { id } } }"),
            (
                1 + 1 + 5 * 3,
                "{ products(first: 5) { edges { cursor node { id } } } }",
            ),
            // What a connection has but once.
            (
                5,
                "{ products(first: 100) { totalCount pageInfo { endCursor hasNextPage } } }",
            ),
            // In fragments as anywhere.
            (
                1 + 2 * (1 + 5 * 2),
                "{ products(first: 5) { ... { nodes { id name } } ...F } }
                fragment F on ProductConnection { again: nodes { id name } }",
            ),
            // Its own default is five.
            (1 + 5 * 2, "{ popularProducts { rank quantitySold } }"),
            (
                1 + 7 * 2,
                "{ popularProducts(first: 7) { rank quantitySold } }",
            ),
            // Pages within pages.
            (
                2 + 10 * (3 + 5 * (3 + 2)),
                "{ stores(first: 10) { nodes { id products(first: 5) { nodes { id name store { id name } } } } } }",
            ),
            // Whatever the conditions.
            (
                3,
                "query($a: Boolean = false) { me { id @include(if: $a) nickname @skip(if: true) } }",
            ),
        ] {
            assert_eq!(cost(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_without_a_page_count_as_ten() {
        assert_eq!(
            cost("{ products(first: 2) { nodes { options { id name } } } }"),
            2 + 2 * (1 + LIST_ASSUMED * 2)
        );
        assert_eq!(
            cost("{ node(id: \"order_1\") { ... on Order { items { id } history { status } } } }"),
            1 + 2 * (1 + LIST_ASSUMED)
        );
        // Of an interface as of an object; a list of texts is one value.
        let errors = "mutation { clearCart { userErrors { code message path } } }";
        assert_eq!(cost(errors), 2 + LIST_ASSUMED * 3);
    }

    #[test]
    fn variables_count_as_what_is_written_does() {
        let page = "query($n: Int, $m: Int) { products(first: $n, last: $m) { nodes { id } } }";
        for (expected, variables) in [
            (2 + 20, value!({})),
            (2 + 7, value!({ "n": 7 })),
            (2 + 7, value!({ "m": 7 })),
            (2 + 7, value!({ "n": null, "m": 7 })),
            (2 + 20, value!({ "n": null, "m": null })),
            (2 + 100, value!({ "n": 1_000_000 })),
            (2, value!({ "n": -1 })),
        ] {
            assert_eq!(cost_with(page, variables.clone()), expected, "{variables}");
        }
        let either = "query($n: Int) { products(first: $n, last: 3) { nodes { id } } }";
        assert_eq!(cost_with(either, value!({})), 2 + 3);
        assert_eq!(cost_with(either, value!({ "n": 9 })), 2 + 9);
    }

    #[test]
    fn what_is_asked_for_by_its_ids_counts_as_often_as_there_are_ids() {
        assert_eq!(
            cost("{ nodes(ids: [\"a\", \"b\"]) { id __typename } }"),
            1 + 2 * 2
        );
        assert_eq!(cost("{ nodes(ids: \"a\") { id } }"), 2);
        let given = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(cost_with(given, value!({ "ids": ["a", "b", "c"] })), 1 + 3);
        assert_eq!(cost_with(given, value!({ "ids": "a" })), 1 + 1);
        let within = "query($a: ID!) { nodes(ids: [$a, $a]) { id } }";
        assert_eq!(cost_with(within, value!({ "a": "a" })), 1 + 2);
    }

    #[test]
    fn of_several_operations_the_one_counts_that_is_executed() {
        let text = "query A { me { id } } query B { products(first: 50) { nodes { id } } }";
        let document = validation::parse(text, &super::super::DocumentLimits::default()).unwrap();
        let costs = Costs::of(&validation::validate(&document).unwrap());
        let of = |name| costs.with(Some(name), &Variables::default());
        assert_eq!((of("A"), of("B"), of("C")), (2, 52, 0));
    }

    #[test]
    fn pages_within_pages_cost_more_than_can_be_counted() {
        let within = |levels| {
            let open = "products(first: 100) { nodes { store { ".repeat(levels);
            format!("{{ {open} id {} }}", "} } } ".repeat(levels))
        };
        assert!(cost(&within(2)) > 100 * 100);
        assert_eq!(cost(&within(15)), usize::MAX);
    }

    #[test]
    fn introspection_costs_each_field_once() {
        let text = "{ __schema { types { name ...F } } } fragment F on __Type { fields { name } }";
        assert_eq!(cost(text), 5);
    }

    /// Every list of the schema's objects, and how long it is taken to be. A new one is added here, by somebody who has
    /// thought of it.
    #[test]
    fn every_list_of_the_schema_is_counted() {
        let mut pages = Vec::new();
        let mut given_by_the_client = Vec::new();
        let mut assumed = Vec::new();
        for (name, of) in &SCHEMA.types {
            let Some(of) = of.as_object().filter(|_| !name.starts_with("__")) else {
                continue;
            };
            for (field, definition) in of.fields.iter().filter(|(_, it)| it.ty.is_list()) {
                let is_leaf = SCHEMA
                    .types
                    .get(definition.ty.inner_named_type())
                    .is_none_or(|it| it.is_scalar() || it.is_enum());
                let takes = |argument: &str| definition.argument_by_name(argument).is_some();
                let path = format!("{name}.{field}");
                if is_leaf || field == "userErrors" {
                    continue;
                }
                if PAGE_SIZES.iter().any(|size| takes(size)) || name.ends_with("Connection") {
                    pages.push(path);
                } else if definition.arguments.iter().any(|it| it.ty.is_list()) {
                    given_by_the_client.push(path);
                } else {
                    assumed.push(path);
                }
            }
        }
        assert!(pages.len() > 10, "{pages:?}");
        assert_eq!(given_by_the_client, ["Query.nodes"]);
        assumed.sort_unstable();
        assert_eq!(
            assumed,
            [
                "Cart.items",
                "InsufficientStock.shortages",
                "Order.history",
                "Order.items",
                "Order.payments",
                "OrderEvent.items",
                "Product.options",
                "StoreClosed.options",
            ]
        );
    }

    #[test]
    fn what_takes_a_page_is_a_list_or_a_connection_whose_lists_are_its_edges_and_nodes() {
        for (name, of) in &SCHEMA.types {
            let Some(of) = of.as_object() else { continue };
            for (field, definition) in &of.fields {
                let takes = |argument: &&str| definition.argument_by_name(argument).is_some();
                if !PAGE_SIZES.iter().any(takes) {
                    continue;
                }
                let inner = definition.ty.inner_named_type();
                let is_list = definition.ty.is_list();
                assert!(is_list || inner.ends_with("Connection"), "{name}.{field}");
                if is_list {
                    continue;
                }
                let connection = SCHEMA.get_object(inner).unwrap();
                let lists = connection.fields.iter().filter(|(_, it)| it.ty.is_list());
                let lists = lists.map(|(name, _)| name.as_str()).collect::<Vec<_>>();
                assert_eq!(lists, ["edges", "nodes"], "{inner}");
            }
        }
    }
}
