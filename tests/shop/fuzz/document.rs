//! Documents over the schema, valid unless a value is not.

use apollo_compiler::{
    Name,
    ast::Type,
    schema::{ExtendedType, FieldDefinition, Schema},
};
use serde_json::{Map, Value};

use super::{
    dice::Dice,
    known::{Known, key},
    values::{Values, literal},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Query,
    Mutation,
    Subscription,
}

impl Kind {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Query => ("query", "Query"),
            Self::Mutation => ("mutation", "Mutation"),
            Self::Subscription => ("subscription", "Subscription"),
        }
    }
}

/// An operation, and what there is to say of it.
pub struct Written {
    pub kind: Kind,
    pub text: String,
    pub variables: Value,
    /// Whether it is valid and its variables are of their types, so that it has to be executed.
    pub is_honest: bool,
    /// The fields of the root that it asks for.
    pub roots: Vec<String>,
}

/// These are slow on purpose, or end what others begin: they come less often.
const RARE: [&str; 6] = [
    "signUp",
    "signIn",
    "registerMerchant",
    "changePassword",
    "deleteProduct",
    "setStoreOpen",
];

/// These have much to get right, and come more often.
const FREQUENT: [&str; 3] = ["placeOrder", "sendGift", "chargePoints"];

/// Writes an operation of that kind.
pub fn write(kind: Kind, schema: &Schema, known: &Known, dice: &mut Dice) -> Written {
    let (keyword, root) = kind.names();
    let fields_left = if dice.one_in(20) {
        300
    } else {
        5 + dice.below(40)
    };
    let depth = 1 + dice.below(6);
    let count = match kind {
        Kind::Subscription => 1,
        _ if dice.one_in(20) => 12,
        _ => 1 + dice.below(3),
    };
    let mut writer = Writer {
        values: Values {
            schema,
            known,
            dice,
            are_honest: true,
        },
        fields_left,
        keys: 0,
        declared: Vec::new(),
        variables: Map::new(),
        fragments: Vec::new(),
    };
    let mut roots = Vec::new();
    let mut selected = Vec::new();
    for _ in 0..count {
        let field = writer.root_field(root);
        roots.push(field.name.to_string());
        let is_directed = kind != Kind::Subscription;
        selected.push(writer.field(&field, depth, is_directed));
    }
    if kind == Kind::Query && writer.values.dice.one_in(15) {
        // Whether it may be asked is a matter of settings.
        writer.values.are_honest = false;
        selected.push("__schema { types { name fields { name } } }".into());
    }
    let declared = match writer.declared.as_slice() {
        [] => String::new(),
        declared => format!("({})", declared.join(", ")),
    };
    let fragments = writer.fragments.join("\n");
    Written {
        kind,
        text: format!(
            "{keyword} Asked{declared} {{ {} }}\n{fragments}",
            selected.join(" ")
        ),
        variables: Value::Object(writer.variables),
        is_honest: writer.values.are_honest,
        roots,
    }
}

struct Writer<'w> {
    values: Values<'w>,
    /// How many more fields may be selected.
    fields_left: usize,
    /// How many response keys there are.
    keys: usize,
    declared: Vec<String>,
    variables: Map<String, Value>,
    fragments: Vec<String>,
}

impl Writer<'_> {
    fn root_field(&mut self, root: &str) -> FieldDefinition {
        let fields = fields(self.values.schema, root);
        let is_one = |names: &[&str], field: &FieldDefinition| names.contains(&field.name.as_str());
        if root == "Mutation" && self.values.dice.one_in(3) {
            let fields = fields
                .iter()
                .copied()
                .filter(|field| is_one(&FREQUENT, field));
            return self.values.dice.pick(&fields.collect::<Vec<_>>()).clone();
        }
        let mut field = self.values.dice.pick(&fields);
        if is_one(&RARE, field) && !self.values.dice.one_in(5) {
            field = self.values.dice.pick(&fields);
        }
        field.clone()
    }

    fn field(&mut self, field: &FieldDefinition, depth: usize, is_directed: bool) -> String {
        self.fields_left = self.fields_left.saturating_sub(1);
        self.keys += 1;
        let mut text = format!("{}: {}", key(&field.name, self.keys), field.name);
        let mut arguments = Vec::new();
        for argument in &field.arguments {
            if argument.is_required() || self.values.dice.one_in(2) {
                // `order(id:)` takes an order's, `node(id:)` anything's.
                let name = if argument.name == "id" {
                    &field.name
                } else {
                    &argument.name
                };
                let name = if name == "node" { "id" } else { name.as_str() };
                let value = self.values.of(&argument.ty, name);
                arguments.push(format!(
                    "{}: {}",
                    argument.name,
                    self.put(value, &argument.ty)
                ));
            }
        }
        if !arguments.is_empty() {
            text = format!("{text}({})", arguments.join(", "));
        }
        if is_directed && self.values.dice.one_in(20) {
            text += self.values.dice.pick(&[
                " @include(if: true)",
                " @skip(if: false)",
                " @skip(if: true)",
            ]);
        }
        let of = field.ty.inner_named_type();
        if is_composite(self.values.schema, of) {
            text += &self.selection_set(of, depth.saturating_sub(1));
        }
        text
    }

    /// A value in its place: as it is, or by a variable.
    fn put(&mut self, value: Value, ty: &Type) -> String {
        if self.values.dice.one_in(2) || !can_be_written(&value) {
            let name = format!("v{}", self.variables.len());
            self.declared.push(format!("${name}: {ty}"));
            self.variables.insert(name.clone(), value);
            return format!("${name}");
        }
        literal(&value, Some(ty), self.values.schema)
    }

    fn selection_set(&mut self, of: &Name, depth: usize) -> String {
        let mut selected = Vec::new();
        for _ in 0..=self.values.dice.below(5) {
            let chosen = self.selection(of, depth);
            selected.push(chosen);
        }
        if self.values.dice.one_in(20) {
            let name = format!("F{}", self.fragments.len());
            self.fragments.push(format!(
                "fragment {name} on {of} {{ {} }}",
                selected.join(" ")
            ));
            return format!(" {{ ...{name} }}");
        }
        format!(" {{ {} }}", selected.join(" "))
    }

    fn selection(&mut self, of: &Name, depth: usize) -> String {
        let schema = self.values.schema;
        let possible = match &schema.types[of] {
            ExtendedType::Object(_) => Vec::new(),
            ExtendedType::Union(union) => union.members.iter().map(|it| it.name.clone()).collect(),
            _ => implementers(schema, of),
        };
        if !possible.is_empty() && !self.values.dice.one_in(4) {
            let of = self.values.dice.pick(&possible);
            let inside = self.selection(&of, depth);
            return format!("... on {of} {{ {inside} }}");
        }
        let fields = fields(schema, of);
        if fields.is_empty() || self.fields_left == 0 || self.values.dice.one_in(20) {
            return "__typename".into();
        }
        let field = self.values.dice.pick(&fields).clone();
        if depth == 0 && is_composite(schema, field.ty.inner_named_type()) {
            return "__typename".into();
        }
        self.field(&field, depth, true)
    }
}

fn fields<'s>(schema: &'s Schema, of: &str) -> Vec<&'s FieldDefinition> {
    match schema.types.get(of) {
        Some(ExtendedType::Object(of)) => of.fields.values().map(|it| &***it).collect(),
        Some(ExtendedType::Interface(of)) => of.fields.values().map(|it| &***it).collect(),
        _ => Vec::new(),
    }
}

fn implementers(schema: &Schema, interface: &Name) -> Vec<Name> {
    let types = schema.types.iter().filter(|(_, of)| match of {
        ExtendedType::Object(of) => of
            .implements_interfaces
            .iter()
            .any(|it| it.name == *interface),
        _ => false,
    });
    types.map(|(name, _)| name.clone()).collect()
}

fn is_composite(schema: &Schema, of: &str) -> bool {
    matches!(
        schema.types.get(of),
        Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_))
    )
}

/// Whether a value can stand in a document: its fields have names.
fn can_be_written(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(can_be_written),
        Value::Object(fields) => fields
            .iter()
            .all(|(key, value)| Name::new(key).is_ok() && can_be_written(value)),
        _ => true,
    }
}

/// Something like a document, whatever it means.
pub fn nonsense(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "",
        "{",
        "{ }",
        "query",
        "{ me { ...F } } fragment F on Member { ...F }",
        "{ __typename @skip }",
        "query A { me { id } } query B { me { id } }",
        "subscription { a: myOrderEvents { sequence } b: myOrderEvents { sequence } }",
        "mutation { __typename }",
        "type Query { a: Int }",
        "extend type Query { a: Int }",
        "{ products(first: 99999999999999999999) { totalCount } }",
        "{ products(first: 1e400) { totalCount } }",
        "{ node(id: \"\\uD800\") { id } }",
        "{ node(id: \"\\u{110000}\") { id } }",
        "query($a: [[[[[[[[Int!]!]!]!]!]!]!]!]!) { __typename }",
        "query($a: Nothing) { __typename }",
        "query($a: Int = $a) { __typename }",
        "{ __type(name: \"\\u0000\") { name } }",
        "{ products(sort: __proto__) { totalCount } }",
    ])
}
