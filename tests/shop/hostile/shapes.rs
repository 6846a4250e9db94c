//! The shapes of attack on whoever executes documents that strangers write.

use serde_json::{Value, json};

/// A request whose answer would cost more than its asking, and the codes with which it may be refused.
pub struct Attack {
    pub name: &'static str,
    pub body: String,
    pub refused: &'static [&'static str],
}

/// As long as a body may be here, less what surrounds its text.
const LONG: usize = 240 * 1024;

const TOO_COMPLEX: &[&str] = &["QUERY_TOO_COMPLEX"];
const WRONG: &[&str] = &["BAD_REQUEST"];
const EITHER: &[&str] = &["QUERY_TOO_COMPLEX", "BAD_REQUEST"];

fn document(name: &'static str, text: &str, refused: &'static [&'static str]) -> Attack {
    Attack {
        name,
        body: json!({ "query": text }).to_string(),
        refused,
    }
}

fn variables(
    name: &'static str,
    text: &str,
    variables: &Value,
    refused: &'static [&'static str],
) -> Attack {
    Attack {
        name,
        body: json!({ "query": text, "variables": variables }).to_string(),
        refused,
    }
}

/// The text so often in a row.
fn many(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect()
}

/// All shapes, each a little above what is allowed, and far above it.
pub fn all() -> Vec<Attack> {
    [
        deep(),
        wide(),
        doubled(),
        endless(),
        fragments(),
        introspection(),
        values(),
        requests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn deep() -> Vec<Attack> {
    let products = |levels: usize| {
        let nested = "products { nodes { store { ".repeat(levels);
        format!("{{ {nested} id {} }}", "} } } ".repeat(levels))
    };
    let bare = |levels: usize| format!("{}a{}", "{a".repeat(levels), "}".repeat(levels));
    let literal = |open: &str, close: &str| {
        let levels = LONG / (open.len() + close.len() + 1);
        format!(
            "{{ node(id: {}1{}) {{ id }} }}",
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    let inline = |levels: usize| {
        format!(
            "{{ {} id {} }}",
            "... { ".repeat(levels),
            "}".repeat(levels)
        )
    };
    vec![
        document("deep: a level too many", &products(7), TOO_COMPLEX),
        document("deep: hundreds of levels", &products(500), TOO_COMPLEX),
        document(
            "deep: as many levels as a body has",
            &bare(LONG / 3),
            TOO_COMPLEX,
        ),
        document("deep: lists in lists", &literal("[", "]"), TOO_COMPLEX),
        document(
            "deep: objects in objects",
            &literal("{a:", "}"),
            TOO_COMPLEX,
        ),
        document(
            "deep: types in types",
            &format!(
                "query($v: {}Int{}) {{ me {{ id }} }}",
                "[".repeat(LONG / 2),
                "]".repeat(LONG / 2)
            ),
            EITHER,
        ),
        document("deep: inline fragments", &inline(LONG / 10), TOO_COMPLEX),
    ]
}

fn wide() -> Vec<Attack> {
    let pages = "products(first: 100) { nodes { store { ".repeat(3);
    vec![
        document(
            "wide: pages of pages of pages",
            &format!("{{ {pages} id {} }}", "} } } ".repeat(3)),
            TOO_COMPLEX,
        ),
        document(
            "wide: many pages",
            &format!(
                "{{ {} }}",
                many(20, |n| format!(
                    "a{n}: products(first: 100) {{ nodes {{ id name options {{ id name price stockQuantity }} store {{ id name }} }} }} "
                ))
            ),
            TOO_COMPLEX,
        ),
    ]
}

fn doubled() -> Vec<Attack> {
    vec![
        document(
            "aliases: a root field too many",
            &format!("{{ {} }}", many(21, |n| format!("a{n}: me {{ id }} "))),
            TOO_COMPLEX,
        ),
        document(
            "aliases: thousands at the root",
            &format!("{{ {} }}", many(6_000, |n| format!("a{n}: me {{ id }} "))),
            TOO_COMPLEX,
        ),
        document(
            "aliases: thousands of one field",
            &format!("{{ me {{ {} }} }}", many(6_000, |n| format!("a{n}: id "))),
            TOO_COMPLEX,
        ),
        document(
            "aliases: a password in each",
            &format!(
                "mutation {{ {} }}",
                many(1_000, |n| format!(
                    "a{n}: signIn(input: {{ userId: \"mina\", password: \"{n:08}\" }}) {{ userErrors {{ code }} }} "
                ))
            ),
            TOO_COMPLEX,
        ),
        document(
            "duplication: one field over and over",
            &format!("{{ me {{ {} }} }}", "id ".repeat(19_000)),
            TOO_COMPLEX,
        ),
        document(
            "duplication: one page over and over",
            &format!(
                "{{ {} }}",
                "products(first: 100) { nodes { options { id } } } ".repeat(300)
            ),
            TOO_COMPLEX,
        ),
        document(
            "duplication: fields that cannot be merged",
            &format!(
                "{{ me {{ {} }} }}",
                many(900, |n| if n % 2 == 0 {
                    "a: id ".into()
                } else {
                    "a: nickname ".into()
                })
            ),
            EITHER,
        ),
        document(
            "duplication: pages that cannot be merged",
            &format!(
                "{{ {} }}",
                many(20, |n| format!(
                    "products(first: {n}) {{ {} }} ",
                    "nodes { id } ".repeat(20)
                ))
            ),
            EITHER,
        ),
    ]
}

fn endless() -> Vec<Attack> {
    vec![
        document(
            "directives: thousands at a field",
            &format!("{{ me {{ id {} }} }}", "@include(if: true) ".repeat(5_000)),
            EITHER,
        ),
        document(
            "directives: unknown ones",
            &format!("{{ me {{ id {} }} }}", many(5_000, |n| format!("@d{n} "))),
            EITHER,
        ),
        document(
            "operations: thousands",
            &many(3_000, |n| format!("query A{n} {{ me {{ id }} }} ")),
            EITHER,
        ),
        document(
            "mistakes: thousands",
            &format!(
                "{{ {} }}",
                many(19, |n| format!(
                    "a{n}: me {{ {} }} ",
                    many(90, |n| format!("nothing{n} "))
                ))
            ),
            EITHER,
        ),
        document("tokens: nothing but", &"{ ".repeat(LONG / 2), TOO_COMPLEX),
        document("tokens: signs", &"! ".repeat(LONG / 2), EITHER),
        document(
            "a name as long as a body",
            &format!("{{ {} }}", "a".repeat(LONG)),
            WRONG,
        ),
        document(
            "a text that does not end",
            &format!("{{ node(id: \"{}", "a".repeat(LONG)),
            WRONG,
        ),
        document(
            "a block text of quotes",
            &format!("{{ node(id: \"\"\"{}", "\\\"\"\"".repeat(LONG / 8)),
            WRONG,
        ),
    ]
}

fn fragments() -> Vec<Attack> {
    let ring = |length: usize| {
        let fragments = many(length, |n| {
            format!("fragment F{n} on Query {{ ...F{} }} ", (n + 1) % length)
        });
        format!("{{ ...F0 }} {fragments}")
    };
    let bomb = |levels: usize| {
        let fragments = many(levels, |n| {
            format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1)
        });
        format!("{{ ...F0 }} {fragments} fragment F{levels} on Query {{ me {{ id }} }}")
    };
    let cycle = "{ me { ...A } } fragment A on Member { store { ...B } } fragment B on Store { products { nodes { store { ...B } } } }";
    vec![
        document("fragments: one in itself", &ring(1), EITHER),
        document("fragments: a ring of two", &ring(2), EITHER),
        document("fragments: a ring of a thousand", &ring(1_000), EITHER),
        document("fragments: a ring through fields", cycle, EITHER),
        document("fragments: doubled ten times", &bomb(11), TOO_COMPLEX),
        document(
            "fragments: doubled five hundred times",
            &bomb(500),
            TOO_COMPLEX,
        ),
        document(
            "fragments: spread thousands of times",
            &format!(
                "{{ me {{ {} }} }} fragment F on Member {{ id }}",
                "...F ".repeat(6_000)
            ),
            TOO_COMPLEX,
        ),
        document(
            "fragments: thousands that nobody spreads",
            &format!(
                "{{ me {{ id }} }} {}",
                many(3_000, |n| format!("fragment F{n} on Member {{ id }} "))
            ),
            EITHER,
        ),
    ]
}

fn introspection() -> Vec<Attack> {
    let nested = |levels: usize| {
        let fields = "fields { type { ".repeat(levels);
        format!(
            "{{ __schema {{ types {{ {fields} name {} }} }} }}",
            "} } ".repeat(levels)
        )
    };
    let circles = |rounds: usize| {
        let (open, close) = ("possibleTypes { interfaces { ", "} } ");
        format!(
            "{{ __type(name: \"Node\") {{ {} name {} }} }}",
            open.repeat(rounds),
            close.repeat(rounds)
        )
    };
    let of_type = |levels: usize| {
        format!(
            "{{ __type(name: \"Order\") {{ {} name {} }} }}",
            "ofType { ".repeat(levels),
            "} ".repeat(levels)
        )
    };
    vec![
        document(
            "introspection: fields of types of fields",
            &nested(6),
            EITHER,
        ),
        document("introspection: a hundred levels", &nested(100), EITHER),
        document("introspection: a circle too many", &circles(2), EITHER),
        document("introspection: circles", &circles(8), EITHER),
        document(
            "introspection: what it is of, of what it is of",
            &of_type(50),
            EITHER,
        ),
        document(
            "introspection: all of it, thirty times",
            &format!(
                "{{ {} }}",
                many(30, |n| format!(
                    "a{n}: __schema {{ types {{ name fields {{ name args {{ name }} }} }} }} "
                ))
            ),
            EITHER,
        ),
    ]
}

fn values() -> Vec<Attack> {
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let search = "query($filter: ProductFilter) { products(filter: $filter) { totalCount } }";
    let id = "product_00000000000000000000000007";
    let mut nested = json!(1);
    for _ in 0..100 {
        nested = json!([nested]);
    }
    let nest = |open: &str, close: &str| {
        let levels = LONG / (open.len() + close.len());
        let body = format!(
            "{{\"query\":\"{{ me {{ id }} }}\",\"variables\":{{\"v\":{}1{}}}}}",
            open.repeat(levels),
            close.repeat(levels)
        );
        Attack {
            name: "variables: nested without end",
            body,
            refused: WRONG,
        }
    };
    vec![
        variables(
            "variables: an id too many",
            nodes,
            &json!({ "ids": vec![id; 101] }),
            EITHER,
        ),
        variables(
            "variables: thousands of ids",
            nodes,
            &json!({ "ids": vec![id; 6_000] }),
            EITHER,
        ),
        variables(
            "variables: a list where there is none",
            search,
            &json!({ "filter": nested }),
            WRONG,
        ),
        variables(
            "variables: thousands of fields",
            search,
            &json!({ "filter": (0..6_000).map(|n| (format!("f{n}"), json!(n))).collect::<serde_json::Map<_, _>>() }),
            EITHER,
        ),
        document(
            "variables: thousands that nobody uses",
            &format!(
                "query({}) {{ me {{ id }} }}",
                many(3_000, |n| format!("$v{n}: Int "))
            ),
            EITHER,
        ),
        document(
            "values: thousands of literals",
            &format!("{{ nodes(ids: [{}]) {{ id }} }}", "\"a\" ".repeat(6_000)),
            EITHER,
        ),
        document(
            "values: a number without end",
            &format!(
                "{{ products(first: {}) {{ totalCount }} }}",
                "9".repeat(LONG)
            ),
            WRONG,
        ),
        document(
            "values: a name twice",
            &format!(
                "{{ products(filter: {{ {} }}) {{ totalCount }} }}",
                "search: \"a\" ".repeat(1_500)
            ),
            EITHER,
        ),
        nest("[", "]"),
        nest("{\"v\":", "}"),
    ]
}

fn requests() -> Vec<Attack> {
    let one = json!({ "query": "{ me { id } }" });
    let batch = |count: usize| json!(vec![one.clone(); count]).to_string();
    vec![
        Attack {
            name: "batch: two",
            body: batch(2),
            refused: WRONG,
        },
        Attack {
            name: "batch: thousands",
            body: batch(8_000),
            refused: WRONG,
        },
        Attack {
            name: "a body that is cut off",
            body: format!("{{\"query\": \"{}", "a".repeat(LONG)),
            refused: WRONG,
        },
        Attack {
            name: "a body that is too long",
            body: json!({ "query": "{ me { id } }", "more": "a".repeat(300 * 1024) }).to_string(),
            refused: WRONG,
        },
    ]
}
