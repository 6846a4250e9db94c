use entity::Won;
use fluent_bundle::{FluentArgs, FluentValue};

use super::{Language, catalog};

/// Something that the shop says: which message, and what it speaks of. It becomes words where it is known who
/// listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: &'static str,
    arguments: Vec<(&'static str, Argument)>,
}

/// What a message speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    Number(i64),
    Text(String),
}

/// Makes a [`Message`] of its id and arguments: `message!("cart-full", max)`, or
/// `message!("order-closed", name = store.name)`.
macro_rules! message {
    ($id:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::text::Message::new($id)
            $(.with(stringify!($name), message!(@argument $name $($value)?)))*
    };
    (@argument $name:ident) => { $name };
    (@argument $name:ident $value:expr) => { $value };
}

pub(crate) use message;

impl Message {
    /// The message with this id. Made by [`message!`] alone, whose uses the tests read.
    #[must_use]
    pub(crate) fn new(id: &'static str) -> Self {
        Self {
            id,
            arguments: Vec::new(),
        }
    }

    /// The same message with an argument more.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// The same message where every text that it speaks of is another.
    #[must_use]
    pub(crate) fn with_texts(&self, other: impl Fn(&str) -> String) -> Self {
        let arguments = self.arguments.iter().map(|(name, argument)| {
            let argument = match argument {
                Argument::Text(text) => Argument::Text(other(text)),
                Argument::Number(number) => Argument::Number(*number),
            };
            (*name, argument)
        });
        Self {
            id: self.id,
            arguments: arguments.collect(),
        }
    }

    /// Its words.
    #[must_use]
    pub fn in_language(&self, language: Language) -> String {
        let arguments = self.arguments.iter();
        let arguments = arguments
            .map(|(name, argument)| (*name, argument.value()))
            .collect::<FluentArgs>();
        catalog::words(language, self.id, &arguments)
    }
}

impl Argument {
    fn value(&self) -> FluentValue<'_> {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

impl From<i32> for Argument {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Won> for Argument {
    fn from(amount: Won) -> Self {
        Self::Number(amount.0)
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
