//! How large a query really is: its selections, with every fragment written out where it is spread.
//!
//! Fragments that spread others twice make a small text a huge query, and the framework counts depth and
//! complexity by walking it whole. So this is counted first, with one look at each fragment.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The selections of the document's largest operation.
pub fn expanded_selections(document: &ExecutableDocument) -> usize {
    let mut sizes = Sizes {
        document,
        of_fragments: HashMap::new(),
    };
    let operations = document.operations.iter();
    operations
        .map(|(_, operation)| sizes.of(&operation.node.selection_set.node))
        .max()
        .unwrap_or_default()
}

/// The fields at the root of the document's operation that has the most; for a document that is not too large.
pub fn root_fields(document: &ExecutableDocument) -> usize {
    let operations = document.operations.iter();
    let operations = operations.map(|(_, operation)| {
        fields(
            &operation.node.selection_set.node,
            document,
            &mut Vec::new(),
        )
    });
    operations.max().unwrap_or_default()
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

struct Sizes<'d> {
    document: &'d ExecutableDocument,
    /// 0 while a fragment is being counted: one that spreads itself is refused later, by validation.
    of_fragments: HashMap<&'d str, usize>,
}

impl<'d> Sizes<'d> {
    fn of(&mut self, set: &'d SelectionSet) -> usize {
        let mut size = 0_usize;
        for selection in &set.items {
            let inside = match &selection.node {
                Selection::Field(field) => self.of(&field.node.selection_set.node),
                Selection::InlineFragment(fragment) => self.of(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    self.of_fragment(spread.node.fragment_name.node.as_str())
                }
            };
            size = size.saturating_add(1).saturating_add(inside);
        }
        size
    }

    fn of_fragment(&mut self, name: &'d str) -> usize {
        if let Some(size) = self.of_fragments.get(name) {
            return *size;
        }
        self.of_fragments.insert(name, 0);
        let fragment = self.document.fragments.get(name);
        let size = fragment.map_or(0, |fragment| self.of(&fragment.node.selection_set.node));
        self.of_fragments.insert(name, size);
        size
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn size(query: &str) -> usize {
        expanded_selections(&parse_query(query).unwrap())
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        assert_eq!(size("{ a b { c } ... { d } }"), 5);
        assert_eq!(size("{ ...F ...F } fragment F on Q { a b }"), 6);
        assert_eq!(size("query A { a } query B { a b c }"), 3);
        assert_eq!(size("{ ...F ...Nowhere } fragment F on Q { a ...F }"), 4);
    }

    #[test]
    fn the_root_has_the_fields_of_its_fragments() {
        let count = |query| root_fields(&parse_query(query).unwrap());
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
        let fragments = (0..200).map(fragment).collect::<String>();
        assert_eq!(
            size(&format!(
                "{{ ...F0 }} {fragments} fragment F200 on Q {{ a }}"
            )),
            usize::MAX
        );
    }
}
