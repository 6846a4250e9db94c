//! How large a query really is: its selections, with every fragment written out where it is spread.
//!
//! Fragments that spread others twice make a small text a huge query, and the framework counts depth and
//! complexity by walking it whole. So this is counted first, with one look at each fragment.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

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
