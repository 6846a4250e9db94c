//! Whatever is said is said in every language, with the same variables, and nothing is left that nobody says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::{Language, catalog};

mod said;
mod variables;

use said::{Said, said};
use variables::variables;

/// The ids of a language's messages, and the variables that each has.
fn written(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for source in catalog::SOURCES {
        let resource = FluentResource::try_new(source.text(language).to_owned());
        let resource = resource.unwrap_or_else(|(_, wrong)| {
            panic!(
                "{}/messages.{}.ftl: {wrong:?}",
                source.slice,
                language.tag()
            )
        });
        for (id, variables) in variables(&resource) {
            let slice = source.slice.rsplit('/').next().expect("a name");
            assert!(
                id.starts_with(&format!("{slice}-")),
                "{id} is not of the slice {slice}"
            );
            let twice = messages.insert(id.clone(), variables).is_some();
            assert!(!twice, "{id} is written twice");
        }
    }
    messages
}

/// The files below src with this ending.
fn files(ending: &str) -> Vec<PathBuf> {
    fn below(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    below(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        ending,
        &mut found,
    );
    assert!(!found.is_empty(), "no files end in {ending}");
    found
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    assert_eq!(written(Language::English), written(Language::Korean));
}

#[test]
fn whatever_is_said_is_written_and_gives_the_variables() {
    let written = written(Language::English);
    for path in files(".rs") {
        for Said { id, arguments } in said(&fs::read_to_string(&path).expect("a source")) {
            let variables = written.get(&id);
            assert_eq!(variables, Some(&arguments), "{id} in {}", path.display());
        }
    }
}

#[test]
fn nothing_is_said_but_by_the_macro() {
    for path in files(".rs") {
        let source = fs::read_to_string(&path).expect("a source");
        let is_macro = path.ends_with("text/message.rs") || path.ends_with("text/tests.rs");
        let is_said = source.contains("Message::new(");
        assert!(is_macro || !is_said, "{}", path.display());
    }
}

#[test]
fn whatever_is_written_is_said() {
    let sources = files(".rs").into_iter();
    let said = sources.flat_map(|path| said(&fs::read_to_string(path).expect("a source")));
    let said = said.map(|said| said.id).collect::<BTreeSet<_>>();
    let written = written(Language::English)
        .into_keys()
        .collect::<BTreeSet<_>>();
    let unsaid = written.difference(&said).collect::<Vec<_>>();
    assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
}

#[test]
fn every_file_of_messages_is_read() {
    for language in Language::ALL {
        let ending = format!("/messages.{}.ftl", language.tag());
        assert_eq!(files(&ending).len(), catalog::SOURCES.len(), "{ending}");
    }
}

#[test]
fn every_message_has_words_whatever_it_speaks_of() {
    for language in Language::ALL {
        for (id, variables) in written(language) {
            for value in [FluentValue::from(1_234), FluentValue::from("참외")] {
                let values = variables.iter().map(|name| (name.as_str(), value.clone()));
                let mut errors = Vec::new();
                let words =
                    catalog::format(language, &id, &values.collect::<FluentArgs>(), &mut errors);
                assert!(words.is_some_and(|words| !words.trim().is_empty()), "{id}");
                assert!(errors.is_empty(), "{id}: {errors:?}");
            }
        }
    }
}
