//! What a check is made of.

use entity::id::TypedId;
use uuid::Uuid;

/// Rows of one kind and the rules for them.
#[derive(Clone, Debug)]
pub struct Check {
    /// The invariant's number.
    pub invariant: u8,
    /// What the invariant is about, in a word.
    pub name: &'static str,
    /// What is checked, in the plural.
    pub rows: &'static str,
    /// The table whose rows are counted as checked.
    pub counted: &'static str,
    /// The rows, with the columns that key and rules name.
    pub select: String,
    pub key: Vec<Key>,
    pub rules: Vec<Rule>,
}

/// A column that says which row it is.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// What a report calls it.
    pub name: &'static str,
    pub column: &'static str,
    pub kind: Kind,
}

/// What a key's column holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A UUID, shown as the API shows it.
    Id(fn(Uuid) -> String),
    Number,
    Time,
    Text,
}

/// What must hold for each row: two expressions over the check's columns, and how they must relate.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What is compared.
    pub what: &'static str,
    pub relation: Relation,
    pub expected: &'static str,
    pub found: &'static str,
}

/// How what is found must relate to what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    AtLeast,
    AtMost,
}

/// A sum that does not overflow: of the multiples of 2³² and of what remains, each added up by itself. (SQLite's
/// `SUM` ends the query instead.)
pub fn sum(of: &str) -> String {
    let multiple = format!("({of}) / 4294967296");
    format!("(SUM({multiple}) * 4294967296 + SUM(({of}) - {multiple} * 4294967296))")
}

pub const SEQUENCE: Key = Key {
    name: "sequence",
    column: "sequence",
    kind: Kind::Number,
};

/// A number in an order's history.
pub const ORDER_SEQUENCE: Key = Key {
    name: "sequence",
    column: "order_sequence",
    kind: Kind::Number,
};

pub const HOUR: Key = Key {
    name: "hour",
    column: "hour",
    kind: Kind::Time,
};

/// An idempotency key.
pub const KEY: Key = Key {
    name: "idempotencyKey",
    column: "idempotency_key",
    kind: Kind::Text,
};

pub fn id<I: TypedId>(name: &'static str, column: &'static str) -> Key {
    Key {
        name,
        column,
        kind: Kind::Id(|uuid| I::from_uuid(uuid).to_string()),
    }
}

pub const fn equal(what: &'static str, expected: &'static str, found: &'static str) -> Rule {
    rule(what, Relation::Equal, expected, found)
}

pub const fn at_least(what: &'static str, expected: &'static str, found: &'static str) -> Rule {
    rule(what, Relation::AtLeast, expected, found)
}

pub const fn at_most(what: &'static str, expected: &'static str, found: &'static str) -> Rule {
    rule(what, Relation::AtMost, expected, found)
}

const fn rule(
    what: &'static str,
    relation: Relation,
    expected: &'static str,
    found: &'static str,
) -> Rule {
    Rule {
        what,
        relation,
        expected,
        found,
    }
}
