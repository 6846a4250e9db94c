use std::collections::BTreeSet;

use async_graphql::value;
use serde_json::Value as Json;

use super::*;
use crate::{
    graphql::{
        DocumentLimits,
        response_order::chosen,
        validation::{parse, validate},
        variables::complete,
    },
    text::Language,
};

/// What is told of a document, in every language, to whoever has sent nothing else.
fn told(text: &str) -> Vec<String> {
    let judged = parse(text, &DocumentLimits::default()).and_then(|it| validate(&it));
    let said = Said::in_text(text);
    let errors = judged.err().unwrap_or_default().into_iter();
    errors
        .flat_map(|error| words(&said.alone_in(error)))
        .collect()
}

fn words(error: &ServerError) -> Vec<String> {
    match error.source::<ApiError>() {
        Some(api) => Language::ALL
            .map(|language| api.message().in_language(language))
            .to_vec(),
        None => vec![error.message.clone()],
    }
}

#[test]
fn what_is_wrong_is_told_without_a_name_that_was_not_sent() {
    for (text, expected) in [
        ("{ nothing }", "type `…` does not have a field `nothing`"),
        (
            "query Query { nothing }",
            "type `Query` does not have a field `nothing`",
        ),
        (
            "{ me { id { a } } }",
            "field selection of scalar type `ID` must not have subselections",
        ),
        (
            "{ me }",
            "interface, union and object types must have a subselection set",
        ),
        (
            "{ product { id } }",
            "the required argument `…` is not provided",
        ),
        (
            "{ products(size: 1) { totalCount } }",
            "the argument `size` is not supported by `…`",
        ),
        (
            "{ products(first: \"1\") { totalCount } }",
            "expected value of type Int, found a string",
        ),
        (
            "{ products(sort: CHEAP) { totalCount } }",
            "value `CHEAP` does not exist on `…`",
        ),
        (
            "{ products(sort: 1) { totalCount } }",
            "expected value of type …, found an integer",
        ),
        (
            "{ products(filter: { color: 1 }) { totalCount } }",
            "field `color` does not exist on `…`",
        ),
        (
            "mutation { addToCart(input: { quantity: 1 }) { cart { id } } }",
            "the required field `…` is not provided",
        ),
        (
            "{ me { ... on Store { id } } }",
            "inline fragment with type condition `Store` cannot be applied to `…`",
        ),
        (
            "mutation { chargePoints(input: { amount: \"1\", idempotencyKey: \"k\" }) { userPoint { id } } }",
            "This is not a value of type `…`.",
        ),
        (
            "query($n: String) { products(first: $n) { totalCount } }",
            "variable `$n` of type `String` cannot be used for argument `first` of type `Int`",
        ),
        (
            "query($n: Int) { products(sort: $n) { totalCount } }",
            "variable `$n` of type `Int` cannot be used for argument `sort` of type `…`",
        ),
        ("{ me { id }", "syntax error: expected R_CURLY, got EOF"),
    ] {
        let told = told(text);
        assert!(
            told.iter().any(|words| words == expected),
            "{text}: {told:#?}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_variable_is_told_by_the_names_that_it_came_with() {
    for (text, variables, expected) in [
        (
            "query($n: Int) { a }",
            value!({ "n": "1" }),
            "The value of `$n` is not one of type `Int`.",
        ),
        (
            "query($r: Role) { a }",
            value!({ "r": 1 }),
            "The value of `$r` is not one of type `Role`.",
        ),
        (
            "query($v: AddToCartInput!) { a }",
            value!({ "v": {} }),
            "The value of `$v.…` is not one of type `ID!`.",
        ),
        (
            "query($v: AddToCartInput!) { a }",
            value!({ "v": { "x": 1 } }),
            "The value of `$v.x` is not one of type `AddToCartInput`.",
        ),
        (
            "query($v: PlaceOrderInput!) { a }",
            value!({ "v": { "idempotencyKey": "k", "lines": [1] } }),
            "The value of `$v.lines.0` is not one of type `…`.",
        ),
        (
            "query($v: PlaceOrderInput!) { a }",
            value!({ "v": { "idempotencyKey": "k", "lines": [{ "optionId": "o" }] } }),
            "The value of `$v.lines.0.…` is not one of type `Int!`.",
        ),
    ] {
        let document = async_graphql::parser::parse_query(text).unwrap();
        let mut variables = Variables::from_value(variables);
        let error = complete(&mut variables, chosen(&document, None).unwrap()).unwrap_err();
        let said = Said::in_text(text).and_in(&variables);
        let told = words(&said.alone_in(error));
        assert!(
            told.iter().any(|words| words == expected),
            "{text}: {told:?}"
        );
    }
}

/// Whatever is wrong with the documents that clients' packages are held against, and with each of them when a word of it
/// is another.
#[test]
fn nothing_wrong_tells_a_name_of_the_schema() {
    let documents = include_str!("../../../../tests/clients/documents.json");
    let documents = serde_json::from_str::<Vec<Json>>(documents).unwrap();
    let schema = schema_names();
    let mut count = 0;
    for document in documents {
        let text = document["document"].as_str().unwrap();
        let mut texts = vec![text.to_owned()];
        for word in names(text).collect::<BTreeSet<_>>() {
            texts.push(text.replace(word, "another"));
        }
        for text in texts {
            let sent = names(&text).collect::<BTreeSet<_>>();
            for words in told(&text) {
                count += 1;
                let quoted = words.split('`').skip(1).step_by(2).flat_map(names);
                let types = names(&words).filter(|name| SCHEMA.types.contains_key(*name));
                for name in quoted.chain(types) {
                    let is_known = sent.contains(name) || is_built_in(name);
                    assert!(is_known || !schema.contains(name), "{text}: {words}");
                }
            }
        }
    }
    assert!(count > 1_000, "{count}");
}

/// Every name that the schema has given.
fn schema_names() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, of) in &SCHEMA.types {
        all.insert(name.to_string());
        let text = of.to_string();
        let without_words = text.split('"').step_by(2).flat_map(names);
        all.extend(without_words.map(str::to_owned));
    }
    all
}
