use async_graphql::{
    Pos, Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// Where a document first asks what the schema is, in whichever operation or fragment; `__typename` is no such question.
pub fn first_question(document: &ExecutableDocument) -> Option<Pos> {
    let operations = document.operations.iter();
    let operations = operations.map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values();
    let fragments = fragments.map(|fragment| &fragment.node.selection_set);
    let sets = operations.chain(fragments);
    sets.filter_map(|set| within(&set.node)).min()
}

fn within(set: &SelectionSet) -> Option<Pos> {
    let of = |selection: &Positioned<Selection>| match &selection.node {
        Selection::Field(field) if asks(&field.node.name.node) => Some(field.pos),
        Selection::Field(field) => within(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => within(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => None,
    };
    set.items.iter().filter_map(of).min()
}

fn asks(field: &str) -> bool {
    matches!(field, "__schema" | "__type")
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn a_question_is_found_wherever_it_is_asked_and_whatever_it_is_called() {
        for (text, place) in [
            ("{ __typename me { __typename } }", None),
            ("{ a: __typename b: me { c: __typename } }", None),
            ("{ __schema { types { name } } }", Some((1, 3))),
            ("{ __type(name: \"Order\") { name } }", Some((1, 3))),
            (
                "{ me { id } schema: __schema { types { name } } }",
                Some((1, 13)),
            ),
            (
                "{ ... { ... @include(if: true) { __schema { __typename } } } }",
                Some((1, 34)),
            ),
            (
                "{ ...F }\nfragment F on Query { ...G }\nfragment G on Query { __type(name: \"A\") { name } }",
                Some((3, 23)),
            ),
            (
                "query A { me { id } } query B { __schema { types { name } } }",
                Some((1, 33)),
            ),
            ("mutation { __schema { types { name } } }", Some((1, 12))),
            ("{ me { __schema { types { name } } } }", Some((1, 8))),
        ] {
            let found = first_question(&parse_query(text).unwrap());
            assert_eq!(found, place.map(Pos::from), "{text}");
        }
    }
}
