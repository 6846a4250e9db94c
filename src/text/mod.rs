//! Messages people understand: what the shop says to those who use it, in Korean and in English.
//!
//! Code says *which* message with *which* arguments; the words stand beside the slice, in
//! [Fluent](https://projectfluent.org) files, and are chosen at the edge, in the language of whoever asks.
//!
//! To say something new in a slice:
//!
//! 1. Where it is refused: `InputError::invalid(message!("cart-line-too-large", max), &["quantity"])`. An id
//!    begins with the slice's name; arguments are numbers, amounts and texts: `max`, or `name = product.name`.
//! 2. Write it in `src/cart/messages.en.ftl` and in `src/cart/messages.ko.ftl`, with the same variables in both:
//!    `cart-line-too-large = A line holds at most { $max } pieces.`
//! 3. A slice's first two files are named in `catalog`'s list.
//! 4. Numbers get their separators by themselves: `{ $total }원` is `12,000원`. English plurals are Fluent's:
//!    `{ $max -> [one] piece *[other] pieces }`.
//! 5. Korean is in 해요체, short, and says what to do. The particle after a variable is chosen by how that ends:
//!    `{ JOSA($name, "은/는") }` is `참외는` or `수박은`; `"이/가"`, `"을/를"`, `"과/와"`, `"으로/로"` likewise.
//! 6. A field of an object that is a message has the type [`Message`], which is a `String` in the schema.
//!
//! `cargo test -p jangteo --lib text` finds what is missing in either language, what nobody says any more, and
//! variables that a call site does not give.

mod catalog;
mod language;
mod message;
mod particle;
#[cfg(test)]
mod tests;

pub use language::Language;
pub use message::{Argument, Message};

pub(crate) use message::message;
