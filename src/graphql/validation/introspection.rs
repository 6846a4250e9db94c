//! How deep a document follows the schema in circles. Types have fields, which have types: each further round multiplies
//! the answer by what a type has of them, so that a text of two hundred characters asks for gigabytes, none of which costs a
//! look into the database. graphql-js refuses the same (`MaxIntrospectionDepthRule`). apollo-compiler's
//! `introspection::check_max_depth` does not count the lists of a fragment within another that it has met before.

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument, Name,
    executable::{Field, Selection, SelectionSet},
};
use async_graphql::ServerError;

use super::place;
use crate::{graphql::ApiError, text::message};

/// What tools ask needs two: the fields of types, and those of what they implement.
const LISTS_MAX: usize = 2;

/// The lists of a type that lead to types again.
const LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// What is wrong with a document that is valid but for this.
pub fn error(document: &ExecutableDocument) -> Option<ServerError> {
    let mut depths = Depths {
        document,
        of_fragments: HashMap::new(),
    };
    let mut operations = document.operations.iter();
    let too_deep = operations.find(|operation| depths.of(&operation.selection_set) > LISTS_MAX)?;
    let place = place(too_deep.location(), &document.sources);
    let message = message!("graphql-introspection-too-deep", max = LISTS_MAX);
    Some(ApiError::TooComplex(message).at(place))
}

struct Depths<'d> {
    document: &'d ExecutableDocument,
    of_fragments: HashMap<&'d Name, usize>,
}

impl<'d> Depths<'d> {
    /// How many such lists stand within one another.
    fn of(&mut self, set: &'d SelectionSet) -> usize {
        let depths = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) => is_list(set, field) + self.of(&field.selection_set),
            Selection::InlineFragment(fragment) => self.of(&fragment.selection_set),
            Selection::FragmentSpread(spread) => self.of_fragment(&spread.fragment_name),
        });
        depths.max().unwrap_or_default()
    }

    fn of_fragment(&mut self, name: &'d Name) -> usize {
        if let Some(depth) = self.of_fragments.get(name) {
            return *depth;
        }
        // That none is within itself, is known already.
        let fragment = self.document.fragments.get(name);
        let depth = fragment.map_or(0, |fragment| self.of(&fragment.selection_set));
        self.of_fragments.insert(name, depth);
        depth
    }
}

fn is_list(set: &SelectionSet, field: &Field) -> usize {
    usize::from(set.ty == "__Type" && LISTS.contains(&field.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::{parse, validate};
    use crate::graphql::DocumentLimits;

    fn is_refused(text: &str) -> bool {
        let judged = parse(text, &DocumentLimits::default());
        let judged = judged.and_then(|document| validate(&document));
        let Err(wrong) = judged else { return false };
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        let code = wrong[0].extensions.as_ref().and_then(|it| it.get("code"));
        assert_eq!(code, Some(&"QUERY_TOO_COMPLEX".into()), "{wrong:?}");
        true
    }

    #[test]
    fn what_tools_ask_is_answered() {
        for text in [
            "{ __schema { types { fields { args { type { ofType { ofType { ofType { name } } } } } } } } }",
            "{ __type(name: \"Node\") { possibleTypes { interfaces { name } } } }",
            "{ __schema { types { ...F } } } fragment F on __Type { fields { type { fields { name } } } }",
        ] {
            assert!(!is_refused(text), "{text}");
        }
    }

    #[test]
    fn circles_are_not_followed() {
        let round = |rounds: usize| {
            let (open, close) = ("possibleTypes { interfaces { ", "} } ");
            format!(
                "{{ __type(name: \"Node\") {{ {} name {} }} }}",
                open.repeat(rounds),
                close.repeat(rounds)
            )
        };
        assert!(!is_refused(&round(1)));
        assert!(is_refused(&round(2)));
        assert!(is_refused(
            "{ __schema { types { fields { type { inputFields { type { interfaces { name } } } } } } } }"
        ));
        assert!(is_refused(
            "query A { me { id } } query B { ...F } fragment F on Query { a: __schema { t: types { ... { f: fields { type { g: fields { type { h: fields { name } } } } } } } } }"
        ));
    }

    #[test]
    fn fragments_that_were_met_before_count_wherever_they_are_spread() {
        let fragment = |n: usize| {
            format!(
                "fragment F{} on __Type {{ interfaces {{ ...F{n} }} }} ",
                n + 1
            )
        };
        let fragments = (0..9).map(fragment).collect::<String>();
        let spread = (0..10).map(|n| format!("...F{n}")).collect::<Vec<_>>();
        let spread = spread.join(" ");
        let text = format!(
            "{{ __type(name: \"Node\") {{ {spread} }} }} {fragments} fragment F0 on __Type {{ name }}"
        );
        assert!(is_refused(&text));
    }
}
