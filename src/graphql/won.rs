use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};

/// Whole South Korean won, as a JSON integer between −(2^53 − 1) and 2^53 − 1. Points are worth one won
/// each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Won(pub entity::Won);

/// Whole South Korean won, as a JSON integer between −(2^53 − 1) and 2^53 − 1. Points are worth one won each.
#[Scalar]
impl ScalarType for Won {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        number
            .as_i64()
            .filter(|won| won.unsigned_abs() <= entity::Won::MAX.0.unsigned_abs())
            .map(|won| Self(entity::Won(won)))
            .ok_or_else(|| InputValueError::custom("an amount is a whole number of won"))
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0.0))
    }
}

impl From<entity::Won> for Won {
    fn from(won: entity::Won) -> Self {
        Self(won)
    }
}
