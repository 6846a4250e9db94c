//! The values of an operation's variables, before anything of it is executed: `CoerceVariableValues` of the
//! specification, 6.1.2. The framework looks at a value only where it is used, when its neighbours are executed
//! already, and forgets the defaults in `@skip` and `@include`.

use async_graphql::{
    InputType, Name, ScalarType, ServerError, Value, Variables,
    parser::types::{BaseType, InputObjectType, OperationDefinition, Type, TypeKind},
};
use chrono::{DateTime, Utc};

use super::{ApiError, sdl::TYPES, won::Won};
use crate::text::{Message, message};

/// Puts in the defaults of the variables that have no value.
///
/// # Errors
/// Where a value is missing, or not of its variable's type.
pub fn complete(
    variables: &mut Variables,
    operation: &OperationDefinition,
) -> Result<(), ServerError> {
    for variable in &operation.variable_definitions {
        let (name, of) = (&variable.node.name.node, &variable.node.var_type.node);
        let refuse = |message: Message| ApiError::bad_request(message).at(Some(variable.pos));
        match (variables.get(name), &variable.node.default_value) {
            (Some(value), _) => {
                check(value, of).map_err(|wrong| {
                    let place = wrong.place(name);
                    let expected = wrong.expected;
                    refuse(message!("graphql-variable-wrong", place, expected))
                })?;
            }
            (None, Some(default)) => {
                variables.insert(name.clone(), default.node.clone());
            }
            (None, None) if of.nullable => {}
            (None, None) => {
                let (name, expected) = (name.to_string(), of.to_string());
                return Err(refuse(message!("graphql-variable-missing", name, expected)));
            }
        }
    }
    Ok(())
}

/// A value that is not of its type; which value it is, is never told: it may be a password.
struct Wrong {
    /// From within.
    path: Vec<String>,
    expected: String,
}

impl Wrong {
    fn new(expected: &impl ToString) -> Self {
        Self {
            path: Vec::new(),
            expected: expected.to_string(),
        }
    }

    fn within(mut self, part: &impl ToString) -> Self {
        self.path.push(part.to_string());
        self
    }

    /// As in `$input.lines.0.quantity`.
    fn place(&self, variable: &Name) -> String {
        let parts = self.path.iter().rev().map(|part| format!(".{part}"));
        format!("${variable}{}", parts.collect::<String>())
    }
}

fn check(value: &Value, of: &Type) -> Result<(), Wrong> {
    match (value, &of.base) {
        (Value::Null, _) if of.nullable => Ok(()),
        (Value::Null, _) => Err(Wrong::new(of)),
        (Value::List(items), BaseType::List(item)) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(at, value)| check(value, item).map_err(|wrong| wrong.within(&at)))
        }
        // One is a list of one.
        (value, BaseType::List(item)) => check(value, item),
        (value, BaseType::Named(name)) => match (TYPES.get(name), value) {
            (Some(TypeKind::InputObject(input)), Value::Object(_)) => {
                check_object(value, name, input)
            }
            (Some(TypeKind::Enum(of)), Value::String(_) | Value::Enum(_)) => {
                let written = match value {
                    Value::Enum(name) => name.as_str(),
                    Value::String(text) => text,
                    _ => return Err(Wrong::new(name)),
                };
                let mut values = of.values.iter();
                let is_known = values.any(|known| known.node.value.node == written);
                is_known.then_some(()).ok_or_else(|| Wrong::new(name))
            }
            (None | Some(TypeKind::Scalar), value) if scalar_takes(name, value) => Ok(()),
            _ => Err(Wrong::new(name)),
        },
    }
}

fn check_object(value: &Value, name: &Name, input: &InputObjectType) -> Result<(), Wrong> {
    let Value::Object(object) = value else {
        return Err(Wrong::new(name));
    };
    for key in object.keys() {
        if !input
            .fields
            .iter()
            .any(|field| field.node.name.node == *key)
        {
            return Err(Wrong::new(name).within(key));
        }
    }
    for field in input.fields.iter().map(|field| &field.node) {
        let (name, of) = (&field.name.node, &field.ty.node);
        match object.get(name) {
            Some(value) => check(value, of).map_err(|wrong| wrong.within(name))?,
            None if of.nullable || field.default_value.is_some() => {}
            None => return Err(Wrong::new(of).within(name)),
        }
    }
    Ok(())
}

/// Whether a scalar can be this value, which is not null.
pub fn scalar_takes(scalar: &str, value: &Value) -> bool {
    match (scalar, value) {
        ("Int", Value::Number(number)) => {
            number.as_i64().is_some_and(|it| i32::try_from(it).is_ok())
        }
        ("ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("Float", Value::Number(_))
        | ("String" | "ID", Value::String(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("Won", value) => <Won as ScalarType>::parse(value.clone()).is_ok(),
        ("DateTime", value) => <DateTime<Utc> as InputType>::parse(Some(value.clone())).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::{super::response_order::chosen, *};

    fn completed(query: &str, variables: Value) -> Result<Value, String> {
        let document = parse_query(query).unwrap();
        let mut variables = Variables::from_value(variables);
        complete(&mut variables, chosen(&document, None).unwrap())
            .map(|()| variables.into_value())
            .map_err(|error| error.message)
    }

    #[test]
    fn a_variable_without_a_value_has_its_default() {
        let query =
            "query($a: Int = 3, $b: Int = 3, $c: [Role!]! = ADMIN, $d: Int = 3, $e: ID) { x }";
        let variables = value!({ "a": 1, "b": null });
        let Value::Enum(admin) = Value::Enum(Name::new("ADMIN")) else {
            unreachable!()
        };
        let mut expected = value!({ "a": 1, "b": null, "d": 3 });
        if let Value::Object(expected) = &mut expected {
            expected.insert(Name::new("c"), Value::Enum(admin));
        }
        let Value::Object(completed) = completed(query, variables).unwrap() else {
            panic!("variables are an object");
        };
        let Value::Object(expected) = expected else {
            panic!("so is this");
        };
        assert_eq!(completed, expected);
    }

    #[test]
    fn values_are_of_their_types() {
        for (of, value) in [
            ("Int", value!(-2_147_483_648_i64)),
            ("Int", Value::Null),
            ("Float", value!(1)),
            ("ID!", value!("a")),
            ("ID!", value!(7)),
            ("Boolean", value!(false)),
            ("String", value!("")),
            ("[[Int!]]", value!([[1, 2], null, 3])),
            ("[ID!]!", value!("a")),
            ("Role", value!("ADMIN")),
            ("Won!", value!(9_007_199_254_740_991_i64)),
            ("DateTime", value!("2026-12-01T00:00:00Z")),
            (
                "ProductFilter",
                value!({ "storeId": null, "inStock": true }),
            ),
            (
                "ChargePointsInput!",
                value!({ "amount": 1, "idempotencyKey": "k" }),
            ),
            (
                "PlaceOrderInput",
                value!({ "idempotencyKey": "k", "lines": { "optionId": "o", "quantity": 1 } }),
            ),
        ] {
            let query = format!("query($v: {of}) {{ x }}");
            completed(&query, value!({ "v": (value.clone()) })).unwrap();
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused_by_its_place_and_not_told() {
        for (of, value, place, expected) in [
            ("Int", value!(2_147_483_648_i64), "$v", "Int"),
            ("Int", value!(1.5), "$v", "Int"),
            ("Int", value!("1"), "$v", "Int"),
            ("String", value!(1), "$v", "String"),
            ("Boolean", value!("true"), "$v", "Boolean"),
            ("ID", value!(1.5), "$v", "ID"),
            ("ID!", Value::Null, "$v", "ID!"),
            ("[Int!]", value!([1, null]), "$v.1", "Int!"),
            ("Int", value!([1]), "$v", "Int"),
            ("Role", value!("KING"), "$v", "Role"),
            ("Role", value!(1), "$v", "Role"),
            ("Won", value!("1000"), "$v", "Won"),
            ("DateTime", value!("yesterday"), "$v", "DateTime"),
            ("ProductFilter", value!("secret"), "$v", "ProductFilter"),
            (
                "ProductFilter",
                value!({ "secret": 1 }),
                "$v.secret",
                "ProductFilter",
            ),
            (
                "ChargePointsInput",
                value!({ "amount": 1 }),
                "$v.idempotencyKey",
                "String!",
            ),
            (
                "SignInInput",
                value!({ "userId": "a", "password": 12_345_678 }),
                "$v.password",
                "String",
            ),
            (
                "PlaceOrderInput",
                value!({ "idempotencyKey": "k", "lines": [{ "optionId": "o", "quantity": "secret" }] }),
                "$v.lines.0.quantity",
                "Int",
            ),
        ] {
            let query = format!("query($v: {of}) {{ x }}");
            let message = completed(&query, value!({ "v": (value.clone()) })).unwrap_err();
            assert!(message.contains(&format!("`{place}`")), "{message}");
            assert!(message.contains(&format!("`{expected}`")), "{message}");
            assert!(
                !message.contains("12345678") && !message.ends_with("secret"),
                "{message}"
            );
        }
        let missing = completed("query($v: Int!) { x }", value!({})).unwrap_err();
        assert!(
            missing.contains("`$v`") && missing.contains("`Int!`"),
            "{missing}"
        );
    }

    #[test]
    fn every_scalar_of_the_schema_is_known_here() {
        let scalars = TYPES
            .iter()
            .filter(|(_, kind)| matches!(kind, TypeKind::Scalar));
        let mut names = scalars.map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        assert_eq!(names, ["DateTime", "Won"]);
    }
}
