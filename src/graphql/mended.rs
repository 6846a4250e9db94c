//! The document as the framework is given it: changed where the framework would answer otherwise than GraphQL's
//! specification says.
//!
//! - Of an object of which no selected field applies, because of `@skip`, `@include` or the types of fragments, the
//!   framework makes a null. So each object of which that may happen is asked for its type as well, under a name of
//!   ours ([`MARK`]), which is taken out of the answer again.
//! - A field that is selected twice is executed twice: at a mutation's root that is one change too many. And a
//!   subscription's fragments are not looked into. So the fields at these roots are written out, and merged.

use std::{collections::HashMap, mem};

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        OperationDefinition, OperationType, Selection, SelectionSet,
    },
};

/// The response key that keeps an object from being empty.
pub const MARK: &str = "__object";

/// Changes a valid document to what the framework answers as the specification says.
pub fn mend(document: &mut ExecutableDocument) {
    let fragments = &document.fragments;
    let operations = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        let operation = &mut operation.node;
        let root = &mut operation.selection_set.node;
        if operation.ty != OperationType::Query {
            let mut fields = Vec::new();
            collect(root, &[], fragments, &mut fields);
            let fields = fields.into_iter();
            root.items = fields
                .map(|field| Positioned::new(Selection::Field(field.clone()), field.pos))
                .collect();
        }
        if operation.ty == OperationType::Subscription {
            mark_within(root);
        } else {
            mark(root);
        }
    }
    for fragment in document.fragments.values_mut() {
        mark_within(&mut fragment.node.selection_set.node);
    }
}

/// The operation as these variables, which are complete, have it executed: of a mutation's root, whose fields are written
/// out, those are left out that are not to be executed, and those of one key are one, so that nothing is changed twice.
pub fn executed(operation: &OperationDefinition, variables: &Variables) -> OperationDefinition {
    let mut operation = operation.clone();
    if operation.ty == OperationType::Mutation {
        let root = &mut operation.selection_set.node;
        let mut fields = Vec::new();
        for selection in mem::take(&mut root.items) {
            if let Selection::Field(mut field) = selection.node
                && field
                    .node
                    .directives
                    .iter()
                    .all(|directive| lets_through(&directive.node, variables))
            {
                field.node.directives.clear();
                add(field, &mut fields);
            }
        }
        let fields = fields.into_iter();
        root.items = fields
            .map(|field| Positioned::new(Selection::Field(field.clone()), field.pos))
            .collect();
    }
    operation
}

/// Whether a condition is met; what is no condition lets everything through.
fn lets_through(directive: &Directive, variables: &Variables) -> bool {
    let wanted = match directive.name.node.as_str() {
        "skip" => false,
        "include" => true,
        _ => return true,
    };
    let value = directive.get_argument("if").map(|value| value.node.clone());
    let value = value.and_then(|value| {
        let given = |name| variables.get(&name).cloned().ok_or(());
        value.into_const_with(given).ok()
    });
    value == Some(Value::Boolean(wanted))
}

/// The fields of a root, those of its fragments among them; `outer` are the conditions of the fragments around.
fn collect(
    set: &SelectionSet,
    outer: &[Positioned<Directive>],
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    fields: &mut Vec<Positioned<Field>>,
) {
    for selection in &set.items {
        let directives = [outer, selection.node.directives()].concat();
        match &selection.node {
            Selection::Field(field) => {
                let mut field = field.clone();
                field.node.directives = directives;
                add(field, fields);
            }
            Selection::InlineFragment(fragment) => {
                collect(
                    &fragment.node.selection_set.node,
                    &directives,
                    fragments,
                    fields,
                );
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    collect(
                        &fragment.node.selection_set.node,
                        &directives,
                        fragments,
                        fields,
                    );
                }
            }
        }
    }
}

/// Adds a field, to the one of its key if both are there whatever the variables are.
fn add(field: Positioned<Field>, fields: &mut Vec<Positioned<Field>>) {
    let is_same = |other: &&mut Positioned<Field>| {
        other.node.response_key().node == field.node.response_key().node
            && other.node.directives.is_empty()
    };
    match fields.iter_mut().find(is_same) {
        Some(other) if field.node.directives.is_empty() => {
            let more = field.node.selection_set.node.items;
            other.node.selection_set.node.items.extend(more);
        }
        _ => fields.push(field),
    }
}

/// Marks the object of which this is selected, if it may be empty, and those within.
fn mark(set: &mut SelectionSet) {
    let always = |selection: &Positioned<Selection>| matches!(&selection.node, Selection::Field(field) if field.node.directives.is_empty());
    if let Some(first) = set.items.first()
        && !set.items.iter().any(always)
    {
        let pos = first.pos;
        let field = Field {
            alias: Some(Positioned::new(Name::new(MARK), pos)),
            name: Positioned::new(Name::new("__typename"), pos),
            arguments: Vec::new(),
            directives: Vec::new(),
            selection_set: Positioned::default(),
        };
        let field = Selection::Field(Positioned::new(field, pos));
        set.items.push(Positioned::new(field, pos));
    }
    mark_within(set);
}

/// Marks the objects within: what a fragment selects is of the object around it.
fn mark_within(set: &mut SelectionSet) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => mark(&mut field.node.selection_set.node),
            Selection::InlineFragment(fragment) => {
                mark_within(&mut fragment.node.selection_set.node);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// What is selected, in short: a `*` for the mark, a `?` behind what has directives.
    fn shape(set: &SelectionSet) -> String {
        let selection = |selection: &Positioned<Selection>| {
            let (name, set) = match &selection.node {
                Selection::Field(field) if field.node.response_key().node == MARK => {
                    return "*".to_owned();
                }
                Selection::Field(field) => (
                    field.node.response_key().node.to_string(),
                    &field.node.selection_set.node,
                ),
                Selection::InlineFragment(fragment) => {
                    ("...".to_owned(), &fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    return format!("...{}", spread.node.fragment_name.node);
                }
            };
            let maybe = if selection.node.directives().is_empty() {
                ""
            } else {
                "?"
            };
            let within = shape(set);
            if within.is_empty() {
                format!("{name}{maybe}")
            } else {
                format!("{name}{maybe}({within})")
            }
        };
        set.items
            .iter()
            .map(selection)
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn check(query: &str, expected: &str) {
        let mut document = parse_query(query).unwrap();
        mend(&mut document);
        let operations = document.operations.iter();
        let operations = operations.map(|(_, operation)| shape(&operation.node.selection_set.node));
        let fragments = document.fragments.values();
        let fragments = fragments.map(|fragment| shape(&fragment.node.selection_set.node));
        assert_eq!(
            operations.chain(fragments).collect::<Vec<_>>().join(" / "),
            expected
        );
    }

    #[test]
    fn an_object_that_may_be_empty_is_marked() {
        check("{ a { b } c }", "a(b) c");
        check("{ a { b @skip(if: $x) } }", "a(b? *)");
        check("{ a { ... on T { b } } }", "a(...(b) *)");
        check("{ a { b @skip(if: $x) ...F c } }", "a(b? ...F c)");
        check("{ ... { a } }", "...(a) *");
        check(
            "mutation { a @include(if: $x) { ...F } } fragment F on T { b { ... { c } } }",
            "a?(...F *) * / b(...(c) *)",
        );
    }

    #[test]
    fn of_a_mutation_each_field_is_executed_once_whatever_its_conditions() {
        let mut document = parse_query(
            "mutation($y: Boolean!) {
                a { b } a @include(if: $y) { c } ... @skip(if: $y) { a { d } } e @skip(if: true) { f } ... @include(if: true) { g { h } }
                g @skip(if: false) { i }
            }",
        )
        .unwrap();
        mend(&mut document);
        let (_, operation) = document.operations.iter().next().unwrap();
        for (y, expected) in [(true, "a(b c) g(h i)"), (false, "a(b d) g(h i)")] {
            let variables = Variables::from_json(serde_json::json!({ "y": y }));
            let operation = executed(&operation.node, &variables);
            assert_eq!(shape(&operation.selection_set.node), expected);
        }
    }

    #[test]
    fn a_mutation_of_which_nothing_is_executed_has_its_mark() {
        let mut document = parse_query("mutation { a @skip(if: true) { b } }").unwrap();
        mend(&mut document);
        let (_, operation) = document.operations.iter().next().unwrap();
        let operation = executed(&operation.node, &Variables::default());
        assert_eq!(shape(&operation.selection_set.node), "*");
    }

    #[test]
    fn the_roots_of_mutations_and_subscriptions_have_each_field_once() {
        check("subscription { ... { ... { a { b } } } a { c } }", "a(b c)");
        check(
            "mutation { ...F a { c } b @skip(if: $x) { d } ... @include(if: $y) { a { e } } }
            fragment F on Mutation { a { b } }",
            "a(b c) b?(d) a?(e) / a(b)",
        );
        check("query { a { b } a { c } }", "a(b) a(c)");
    }
}
