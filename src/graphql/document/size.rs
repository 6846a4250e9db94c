//! How large a document really is: its operations, with every fragment written out where it is spread.
//!
//! Fragments that spread others twice make a small text a huge query, and all that comes later walks it whole. So
//! this is counted first, with one look at each fragment.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use super::DocumentLimits;
use crate::{graphql::ApiError, text::message};

/// Whether each of the document's operations is small enough to be looked at closer.
///
/// # Errors
/// `QUERY_TOO_COMPLEX`, with the limit that one exceeds.
pub fn check(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<(), ApiError> {
    let mut sizes = Sizes::of(document, limits.nesting);
    for (_, operation) in document.operations.iter() {
        let size = sizes.of_operation(&operation.node);
        let too_complex = if sizes.is_too_deep {
            Some(message!("graphql-too-deep", max = limits.nesting))
        } else if size.selections > limits.selections {
            Some(message!("graphql-too-many-fields", max = limits.selections))
        } else if size.depth > limits.depth {
            Some(message!("graphql-fields-too-deep", max = limits.depth))
        } else if size.aliases > limits.aliases {
            Some(message!("graphql-too-many-aliases", max = limits.aliases))
        } else if size.directives > limits.directives {
            Some(message!(
                "graphql-too-many-directives",
                max = limits.directives
            ))
        } else if root_fields(&operation.node, document) > limits.root_fields {
            Some(message!(
                "graphql-too-many-root-fields",
                max = limits.root_fields
            ))
        } else {
            None
        };
        if let Some(message) = too_complex {
            return Err(ApiError::TooComplex(message));
        }
    }
    Ok(())
}

/// What an operation, or a part of it, consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    selections: usize,
    /// Of fields.
    depth: usize,
    aliases: usize,
    directives: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
    }
}

struct Sizes<'d> {
    document: &'d ExecutableDocument,
    /// Nothing while a fragment is being counted: one that spreads itself is refused later, by validation.
    of_fragments: HashMap<&'d str, Size>,
    nesting_max: usize,
    /// How many selection sets there are around.
    nesting: usize,
    /// Whether something nests deeper than that. What is counted of it is less than it is.
    is_too_deep: bool,
}

impl<'d> Sizes<'d> {
    fn of(document: &'d ExecutableDocument, nesting_max: usize) -> Self {
        Self {
            document,
            of_fragments: HashMap::new(),
            nesting_max,
            nesting: 0,
            is_too_deep: false,
        }
    }

    fn of_operation(&mut self, operation: &'d OperationDefinition) -> Size {
        let mut size = self.of_set(&operation.selection_set.node);
        let variables = operation.variable_definitions.iter();
        let variables = variables.map(|variable| variable.node.directives.len());
        size.directives = size
            .directives
            .saturating_add(operation.directives.len())
            .saturating_add(variables.sum());
        size
    }

    fn of_set(&mut self, set: &'d SelectionSet) -> Size {
        let mut size = Size::default();
        if self.nesting == self.nesting_max {
            self.is_too_deep |= !set.items.is_empty();
            return size;
        }
        self.nesting += 1;
        for selection in &set.items {
            size.add(self.of_selection(&selection.node));
        }
        self.nesting -= 1;
        size
    }

    fn of_selection(&mut self, selection: &'d Selection) -> Size {
        let mut size = match selection {
            Selection::Field(field) => {
                let mut size = self.of_set(&field.node.selection_set.node);
                size.depth += 1;
                size.aliases = size
                    .aliases
                    .saturating_add(usize::from(field.node.alias.is_some()));
                size
            }
            Selection::InlineFragment(fragment) => self.of_set(&fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                self.of_fragment(spread.node.fragment_name.node.as_str())
            }
        };
        size.selections = size.selections.saturating_add(1);
        size.directives = size.directives.saturating_add(selection.directives().len());
        size
    }

    fn of_fragment(&mut self, name: &'d str) -> Size {
        if let Some(size) = self.of_fragments.get(name) {
            return *size;
        }
        self.of_fragments.insert(name, Size::default());
        let mut size = Size::default();
        if let Some(fragment) = self.document.fragments.get(name) {
            size = self.of_set(&fragment.node.selection_set.node);
            size.directives = size
                .directives
                .saturating_add(fragment.node.directives.len());
        }
        self.of_fragments.insert(name, size);
        size
    }
}

/// The fields at an operation's root, with its fragments written out; for an operation that is not too large.
fn root_fields(operation: &OperationDefinition, document: &ExecutableDocument) -> usize {
    fields(&operation.selection_set.node, document, &mut Vec::new())
}

/// The fields that a selection set has at its own level, with its fragments written out; `within` are the fragments
/// around.
fn fields<'d>(
    set: &'d SelectionSet,
    document: &'d ExecutableDocument,
    within: &mut Vec<&'d Name>,
) -> usize {
    let of = |selection: &'d Positioned<Selection>| match &selection.node {
        Selection::Field(_) => 1,
        Selection::InlineFragment(fragment) => {
            fields(&fragment.node.selection_set.node, document, within)
        }
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            match document.fragments.get(name) {
                Some(fragment) if !within.contains(&name) => {
                    within.push(name);
                    let count = fields(&fragment.node.selection_set.node, document, within);
                    within.pop();
                    count
                }
                // Refused later, by validation.
                _ => 0,
            }
        }
    };
    set.items.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// The largest of what its operations have each.
    fn size(query: &str) -> Size {
        let document = parse_query(query).unwrap();
        let mut sizes = Sizes::of(&document, 64);
        let operations = document.operations.iter();
        let operations = operations.map(|(_, operation)| sizes.of_operation(&operation.node));
        operations.max_by_key(|size| size.selections).unwrap()
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        let selections = |query| size(query).selections;
        assert_eq!(selections("{ a b { c } ... { d } }"), 5);
        assert_eq!(selections("{ ...F ...F } fragment F on Q { a b }"), 6);
        assert_eq!(selections("query A { a } query B { a b c }"), 3);
        let to_itself = "{ ...F ...Nowhere } fragment F on Q { a ...F }";
        assert_eq!(selections(to_itself), 4);
    }

    #[test]
    fn depth_is_of_fields_however_many_fragments_are_between() {
        let depth = |query| size(query).depth;
        assert_eq!(depth("{ a b { c } }"), 2);
        assert_eq!(depth("{ ... { ... { a } } }"), 1);
        assert_eq!(depth("{ a { ...F } ...F } fragment F on Q { b { c } }"), 3);
    }

    #[test]
    fn aliases_and_directives_count_as_often_as_they_are_executed() {
        let count = |query| {
            let size = size(query);
            (size.aliases, size.directives)
        };
        assert_eq!(count("{ x: a y: b { c } }"), (2, 0));
        assert_eq!(
            count("{ ...F a { ...F } } fragment F on Q { x: b { y: c } }"),
            (4, 0)
        );
        assert_eq!(
            count(
                "query($v: B @d) @d { a @d ...F @d ... @d { ...F } } fragment F on Q @d { a @d }"
            ),
            (0, 9)
        );
    }

    #[test]
    fn the_root_has_the_fields_of_its_fragments() {
        let count = |query| {
            let document = parse_query(query).unwrap();
            let operations = document.operations.iter();
            let counts = operations.map(|(_, operation)| root_fields(&operation.node, &document));
            counts.max().unwrap()
        };
        assert_eq!(count("{ a { b c } d }"), 2);
        assert_eq!(
            count("{ a ... { b ...F } ...F } fragment F on Q { c ...F d { e } }"),
            6
        );
        assert_eq!(count("query A { a } query B { a b c }"), 3);
    }

    #[test]
    fn a_bomb_of_fragments_is_counted_without_going_off() {
        let fragment = |n: usize| format!("fragment F{n} on Q {{ ...F{0} ...F{0} }}", n + 1);
        let fragments = (0..60).map(fragment).collect::<String>();
        let bomb = format!("{{ ...F0 }} {fragments} fragment F60 on Q {{ x: a @d }}");
        let size = size(&bomb);
        assert!(size.selections > 1 << 60, "{size:?}");
        assert_eq!((size.aliases, size.directives), (1 << 60, 1 << 60));
    }

    #[test]
    fn a_chain_of_fragments_is_followed_no_deeper_than_anything_may_nest() {
        let fragment = |n: usize| format!("fragment F{n} on Q {{ ...F{} }}", n + 1);
        let chain = |length: usize| {
            let fragments = (0..length).map(fragment).collect::<String>();
            format!("{{ ...F0 }} {fragments} fragment F{length} on Q {{ a }}")
        };
        let is_too_deep = |query: &str| {
            let document = parse_query(query).unwrap();
            let mut sizes = Sizes::of(&document, 10);
            let (_, operation) = document.operations.iter().next().unwrap();
            sizes.of_operation(&operation.node);
            sizes.is_too_deep
        };
        assert!(!is_too_deep(&chain(8)));
        assert!(is_too_deep(&chain(9)));
        assert!(is_too_deep(&chain(20_000)));
    }
}
