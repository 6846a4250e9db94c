//! Values for arguments: mostly what makes sense, so that something happens; else what is just allowed, or not at all.

use apollo_compiler::{
    ast::Type,
    schema::{ExtendedType, Schema},
};
use serde_json::{Map, Value, json};

use super::{dice::Dice, known::Known};
use crate::support::PASSWORD;

/// Texts that somebody once read otherwise than they are written.
const ODD: [&str; 34] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{80}\u{9f}",
    "\n",
    "\r\n",
    "\t",
    "\\",
    "\\u0000",
    "\"",
    "\"\"\"",
    "'",
    "' OR '1'='1",
    "'; DROP TABLE member; --",
    "%",
    "_%_",
    "\\%",
    "$1",
    "?1",
    "{}",
    "null",
    "../../../etc/passwd",
    "\u{202e}abc\u{202c}",
    "\u{200b}",
    "\u{200f}\u{2066}\u{2069}",
    "\u{feff}a",
    "\u{fffd}\u{ffff}\u{10ffff}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "👩‍👩‍👧‍👦🇰🇷",
    "각",
    "ﷺ",
    "İIıi",
    "member_00000000000000000000000000",
];

/// Texts as people write them.
const PLAIN: [&str; 8] = [
    "셔츠",
    "하나",
    "a",
    "입고",
    "sora",
    "쿠폰 10%",
    "red L",
    "문 앞에 놓아 주세요",
];

/// The edges of what moments there are, for RFC 3339, for chrono, for PostgreSQL and for SQLite, and beyond.
const MOMENTS: [&str; 20] = [
    "2026-11-20T03:00:00Z",
    "2026-11-20T03:00:00.000001Z",
    "2026-11-20T12:00:00+09:00",
    "2026-12-01T00:00:00Z",
    "2027-06-01T00:00:00Z",
    "2031-11-20T03:00:00Z",
    "1970-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-11-20T03:00:00+23:59",
    "2026-12-31T23:59:60Z",
    "-0001-01-01T00:00:00Z",
    "-4714-11-24T00:00:00Z",
    "-4712-01-01T00:00:00Z",
    "+10000-01-01T00:00:00Z",
    "+262142-12-31T23:59:59Z",
    "-262143-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "yesterday",
];

/// How many of them are moments wherever they are asked for.
const MOMENTS_GOOD: usize = 11;

const WON_MAX: i64 = (1 << 53) - 1;

/// What values are made of.
pub struct Values<'v> {
    pub schema: &'v Schema,
    pub known: &'v Known,
    pub dice: &'v mut Dice,
    /// Whether all values that were made are of their types.
    pub are_honest: bool,
}

impl Values<'_> {
    /// A value for what has that type and that name, as a variable has it.
    pub fn of(&mut self, ty: &Type, name: &str) -> Value {
        if self.dice.one_in(300) {
            self.are_honest = false;
            return self.anything(4);
        }
        if !ty.is_non_null() && self.dice.one_in(8) {
            return Value::Null;
        }
        if ty.is_list() {
            let most = if self.dice.one_in(60) { 400 } else { 4 };
            let length = self.dice.below(most);
            let items = (0..length).map(|_| self.of(ty.item_type(), name));
            return Value::Array(items.collect());
        }
        match self.schema.types.get(ty.inner_named_type()) {
            Some(ExtendedType::Enum(of)) => {
                let values = of.values.keys().collect::<Vec<_>>();
                json!(self.dice.pick(&values).as_str())
            }
            Some(ExtendedType::InputObject(of)) => {
                let mut fields = Map::new();
                for (name, field) in &of.fields {
                    if field.is_required() || self.dice.one_in(4) {
                        fields.insert(name.to_string(), self.of(&field.ty, name));
                    }
                }
                Value::Object(fields)
            }
            _ => self.scalar(ty.inner_named_type(), name),
        }
    }

    fn scalar(&mut self, scalar: &str, name: &str) -> Value {
        let dice = &mut *self.dice;
        match scalar {
            "Boolean" => json!(dice.one_in(2)),
            "Int" if dice.one_in(12) => {
                let edges = [
                    i32::MIN,
                    i32::MIN + 1,
                    -1,
                    101,
                    999,
                    1_000,
                    10_001,
                    i32::MAX - 1,
                    i32::MAX,
                ];
                json!(dice.pick(&edges))
            }
            "Int" => json!(dice.pick(&[0, 1, 1, 1, 2, 2, 3, 5, 20, 60, 100])),
            "Won" if dice.one_in(8) => {
                let edges = [
                    -WON_MAX,
                    -1,
                    5_000_001,
                    10_000_001,
                    1_000_000_001,
                    i64::from(i32::MAX) + 1,
                    WON_MAX,
                ];
                json!(dice.pick(&edges))
            }
            "Won" => json!(dice.pick(&[0, 1, 100, 900, 1_000, 1_100, 2_000, 10_000, 1_000_000])),
            "DateTime" => {
                let place = dice.below(MOMENTS.len());
                self.are_honest &= place < MOMENTS_GOOD;
                json!(MOMENTS[place])
            }
            "ID" => json!(self.id(name)),
            _ => json!(self.text(name)),
        }
    }

    fn id(&mut self, name: &str) -> String {
        let dice = &mut *self.dice;
        if dice.one_in(12) {
            return self.odd();
        }
        if dice.one_in(12) {
            // Of a kind that is asked for, and nobody's.
            return format!("{}_00000000000000000000000007", kind(name));
        }
        let known = match kind(name) {
            "id" | "ids" => self.known.any_id(dice),
            _ if dice.one_in(10) => self.known.any_id(dice),
            kind => self.known.id(kind, dice),
        };
        known.unwrap_or_else(|| "member_00000000000000000000000007".into())
    }

    fn text(&mut self, name: &str) -> String {
        let dice = &mut *self.dice;
        if dice.one_in(6) {
            return self.odd();
        }
        let told: &[&str] = match name {
            "after" | "before" => &["cursor", "startCursor", "endCursor"],
            "code" => &["code", "codes"],
            "userId" | "toUserId" => &["userId"],
            "password" | "currentPassword" | "newPassword" if !dice.one_in(4) => {
                return PASSWORD.to_owned();
            }
            // Few, so that they are used again.
            "idempotencyKey" => {
                return dice
                    .pick(&["a", "b", "c", "d", "e", "f", "g", "h"])
                    .to_string();
            }
            name => &[name],
        };
        let known = self.known.text(told, dice);
        known.unwrap_or_else(|| dice.pick(&PLAIN).to_owned())
    }

    fn odd(&mut self) -> String {
        let dice = &mut *self.dice;
        match dice.below(12) {
            0 => "가".repeat(dice.below(8_000)),
            1 => "a".repeat(dice.below(30_000)),
            2 => format!("{}{}", dice.pick(&PLAIN), dice.pick(&ODD)),
            _ => dice.pick(&ODD).to_owned(),
        }
    }

    /// Any JSON.
    pub fn anything(&mut self, depth: usize) -> Value {
        match self.dice.below(if depth == 0 { 8 } else { 10 }) {
            0 => Value::Null,
            1 => json!(true),
            2 => {
                let edges = [
                    i64::MIN,
                    -(1 << 53),
                    -1,
                    0,
                    1 << 31,
                    1 << 32,
                    1 << 53,
                    i64::MAX,
                ];
                json!(self.dice.pick(&edges))
            }
            3 => json!(u64::MAX),
            4 => json!(self.dice.pick(&[-0.0, 0.5, 1e300, 5e-324, 1e19])),
            5..8 => json!(self.odd()),
            8 => {
                let length = self.dice.below(5);
                Value::Array((0..length).map(|_| self.anything(depth - 1)).collect())
            }
            _ => {
                let length = self.dice.below(5);
                let fields = (0..length).map(|_| (self.odd(), self.anything(depth - 1)));
                Value::Object(fields.collect())
            }
        }
    }
}

/// The prefix of the ids that belong into a field of that name; `id` where any do.
fn kind(name: &str) -> &str {
    match name {
        "optionId" | "freeOptionId" => "option",
        "orderItemIds" => "order_item",
        "cartItemIds" => "cart_item",
        name => name.strip_suffix("Id").map_or(name, |kind| match kind {
            "cartItem" => "cart_item",
            kind => kind,
        }),
    }
}

/// A value as it is written in a document.
pub fn literal(value: &Value, ty: Option<&Type>, schema: &Schema) -> String {
    let named = ty.and_then(|ty| schema.types.get(ty.inner_named_type()));
    match value {
        Value::Array(items) => {
            let ty = ty.map(Type::item_type);
            let items = items.iter().map(|item| literal(item, ty, schema));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let of = |name: &str| match named {
                Some(ExtendedType::InputObject(of)) => of.fields.get(name).map(|field| &*field.ty),
                _ => None,
            };
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", literal(value, of(name), schema)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::String(name) if matches!(named, Some(ExtendedType::Enum(of)) if of.values.contains_key(name.as_str())) => {
            name.clone()
        }
        value => value.to_string(),
    }
}
