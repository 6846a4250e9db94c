//! The schema: its file, its descriptions, the names that clients rely on; and that every field which needs
//! a member refuses those who are not, or not the right one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use entity::{
    id::{
        CartId, CartItemId, CouponId, GiftId, MemberId, OptionId, OrderId, OrderItemId, PaymentId,
        PointEntryId, ProductId, StockAdjustmentId, StoreId, StoreWalletId, TypedId, UserPointId,
        WalletEntryId,
    },
    payment::PaymentProvider,
};
use jangteo::{
    graphql::build_schema,
    order::placement::{Gateway, Line, Request, Selection},
    payment,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Product, Received, Shop, refusal};

#[test]
fn schema_graphql_is_the_schema() {
    let file = include_str!("../../schema.graphql");
    assert!(
        file == jangteo::cli::sdl(),
        "schema.graphql is not up to date: run `make schema`"
    );
}

const INTROSPECTION: &str = "{ __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
        kind name description
        fields { name description type { ...T } args { name description type { ...T } } }
        inputFields { name description type { ...T } }
        enumValues { name description }
        possibleTypes { name }
    } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The schema's types by their names; the framework's own are left out. Asked behind the doors, which tell it to nobody.
async fn types(shop: &Shop) -> BTreeMap<String, Value> {
    let schema = build_schema(Some(shop.app().clone()));
    let data = schema.execute(INTROSPECTION).await.data;
    let data = data.into_json().expect("JSON");
    let types = data["__schema"]["types"].as_array().expect("types");
    let named = types.iter().map(|of| (name(of), of.clone()));
    named.filter(|(name, _)| !name.starts_with("__")).collect()
}

fn name(of: &Value) -> String {
    of["name"].as_str().expect("a name").to_owned()
}

/// The elements of a list that may be null.
fn list(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

/// The name of the type inside of whatever lists and non-nulls.
fn innermost(of: &Value) -> String {
    if of["ofType"].is_null() {
        name(of)
    } else {
        innermost(&of["ofType"])
    }
}

/// The names of a type's fields.
fn fields(types: &BTreeMap<String, Value>, of: &str) -> BTreeSet<String> {
    list(&types[of]["fields"]).iter().map(name).collect()
}

both! {
    async fn everything_in_the_schema_is_described(shop: Shop) {
        // GraphQL's own.
        let scalars = ["Boolean", "Float", "ID", "Int", "String"];
        let mut bare = Vec::new();
        let mut look = |what: String, of: &Value| {
            if of["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
                bare.push(what);
            }
        };
        for (type_name, of) in types(&shop).await {
            if !scalars.contains(&type_name.as_str()) {
                look(type_name.clone(), &of);
            }
            for field in list(&of["fields"]) {
                let path = format!("{type_name}.{}", name(field));
                look(path.clone(), field);
                for argument in list(&field["args"]) {
                    look(format!("{path}({})", name(argument)), argument);
                }
            }
            for member in list(&of["inputFields"]).iter().chain(list(&of["enumValues"])) {
                look(format!("{type_name}.{}", name(member)), member);
            }
        }
        assert!(bare.is_empty(), "without a description: {bare:#?}");
    }

    async fn every_name_that_clients_rely_on_is_there(shop: Shop) {
        let types = types(&shop).await;
        let mut missing = Vec::new();
        for line in CONTRACT.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (type_name, members) = line.split_once(':').expect("a type and its members");
            let Some(of) = types.get(type_name) else {
                missing.push(type_name.to_owned());
                continue;
            };
            for member in members.split_whitespace() {
                let (member, arguments) = match member.split_once('(') {
                    Some((member, arguments)) => (member, arguments.trim_end_matches(')')),
                    None => (member, ""),
                };
                let lists = ["fields", "inputFields", "enumValues"].map(|list| &of[list]);
                let found = lists.into_iter().flat_map(list).find(|of| name(of) == member);
                let has = |argument: &&str| {
                    found.is_some_and(|of| list(&of["args"]).iter().any(|of| name(of) == *argument))
                };
                if found.is_none() {
                    missing.push(format!("{type_name}.{member}"));
                }
                let arguments = arguments.split(',').filter(|argument| !argument.is_empty());
                for argument in arguments.filter(|argument| !has(argument)) {
                    missing.push(format!("{type_name}.{member}({argument})"));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    async fn every_mutation_takes_one_input_and_gives_one_payload_with_user_errors(shop: Shop) {
        let types = types(&shop).await;
        for of in types.values().filter(|of| name(of).ends_with("Payload")) {
            assert!(fields(&types, &name(of)).contains("userErrors"), "{}", name(of));
        }
        for mutation in list(&types["Mutation"]["fields"]) {
            let capitalized = capitalized(&name(mutation));
            assert_eq!(mutation["type"]["name"], format!("{capitalized}Payload"), "nullable, of its own");
            let arguments = list(&mutation["args"]);
            assert!(arguments.len() <= 1, "{}", name(mutation));
            for argument in arguments {
                assert_eq!(innermost(&argument["type"]), format!("{capitalized}Input"));
            }
        }
    }

    async fn every_mutation_refuses_a_stranger_unless_it_is_for_strangers(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let access = scene.mutations();
        let known = access.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(fields(&types, "Mutation"), known, "who may call each of the mutations?");
        let before = shop.contents().await;
        for (mutation, access) in access {
            let Access::Member { example, .. } = access else { continue };
            for stranger in [shop.anonymous(), shop.anonymous().with_token("nonsense")] {
                let (query, variables) = operation(&types, mutation, example.as_ref());
                let answer = stranger.send(&query, variables).await;
                expect_unauthenticated(&answer.body, mutation);
            }
        }
        shop.contents().await.assert_same(&before);
    }

    async fn every_mutation_of_what_is_not_yours_answers_as_if_it_were_not_there(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let before = shop.contents().await;
        for (mutation, access) in scene.mutations() {
            let Access::Member { not_yours, .. } = access else { continue };
            let mut covered = BTreeSet::new();
            for NotYours { path, theirs, nobodys } in not_yours {
                covered.insert(path);
                for other in [&scene.jun, &scene.rival] {
                    let refuse = async |input| {
                        let (query, variables) = operation(&types, mutation, Some(input));
                        other.run(&query, variables).await[mutation].clone()
                    };
                    let refused = refuse(&theirs).await;
                    let expected = if path == "couponId" { "COUPON_NOT_USABLE" } else { "NOT_FOUND" };
                    assert_eq!(refusal(&refused).0, expected, "{mutation} at {path}");
                    assert_eq!(refused, refuse(&nobodys).await, "{mutation} at {path}");
                }
            }
            // Whatever else can be named is for everyone, as options are for buyers, or the test must say whose it is.
            let input = format!("{}Input", capitalized(mutation));
            let named = ids(&types, &input).into_iter();
            let of_buyers = |field: &str| ["optionId", "freeOptionId"].contains(&field);
            let owned = named.filter(|field| !of_buyers(field) || covered.contains(field.as_str()));
            let owned = owned.collect::<BTreeSet<_>>();
            assert!(owned.iter().map(String::as_str).eq(covered.iter().copied()),
                "{mutation}: whose are the things that its input names?");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn every_query_that_needs_a_member_refuses_a_stranger(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let queries = scene.queries();
        let known = queries.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(fields(&types, "Query"), known, "who may ask each of the queries?");
        let before = shop.contents().await;
        for (field, (needs_member, query)) in queries {
            let answer = shop.anonymous().send(&format!("{{ {query} }}"), json!({})).await;
            if needs_member {
                expect_unauthenticated(&answer.body, field);
            } else {
                assert!(answer.body.get("errors").is_none(), "{field}: {:#}", answer.body);
            }
            let own = scene.mina.run(&format!("{{ {query} }}"), json!({})).await;
            assert!(!own[field].is_null(), "{field} is there for its owner");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn an_order_of_another_member_is_not_there(shop: Shop) {
        let scene = Scene::set(&shop).await;
        for query in ["query($id: ID) { order(id: $id) { id } }", "query($key: String) { order(orderKey: $key) { id } }"] {
            let variables = json!({ "id": scene.order["id"], "key": scene.order["orderKey"] });
            assert_eq!(scene.mina.run(query, variables.clone()).await["order"]["id"], scene.order["id"]);
            assert_eq!(scene.jun.run(query, variables).await, json!({ "order": null }));
        }
        let orders = scene.jun.run("{ orders { totalCount nodes { id } } me { orders { totalCount } } }", json!({})).await;
        assert_eq!(orders["orders"], json!({ "totalCount": 0, "nodes": [] }));
        assert_eq!(orders["me"]["orders"]["totalCount"], 0);
    }

    async fn every_node_is_for_everyone_or_for_its_owner_and_admins_alone(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let nodes = scene.nodes().await;
        let types = types(&shop).await;
        let known = nodes.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let possible = list(&types["Node"]["possibleTypes"]).iter().map(name);
        assert_eq!(possible.collect::<BTreeSet<_>>(), known, "who may see each of the nodes?");
        let admin = shop.admin().await;
        let before = shop.contents().await;
        let query = "query($id: ID!) { node(id: $id) { __typename id } }";
        for (type_name, node) in nodes {
            let variables = json!({ "id": node.id });
            let seen = json!({ "node": { "__typename": type_name, "id": node.id } });
            assert_eq!(node.owner.run(query, variables.clone()).await, seen);
            assert_eq!(admin.run(query, variables.clone()).await, seen);
            let many = "query($id: ID!) { nodes(ids: [$id]) { __typename id } }";
            if node.is_public {
                assert_eq!(shop.anonymous().run(query, variables.clone()).await, seen);
                assert_eq!(scene.jun.run(query, variables).await, seen);
            } else {
                let answer = shop.anonymous().send(query, variables.clone()).await;
                expect_unauthenticated(&answer.body, "node");
                for other in [&scene.jun, &scene.rival] {
                    assert_eq!(other.run(query, variables.clone()).await, json!({ "node": null }));
                    assert_eq!(other.run(many, variables.clone()).await, json!({ "nodes": [null] }));
                }
                assert_eq!(shop.anonymous().error_code(many, variables).await, "UNAUTHENTICATED");
            }
            // An id of the kind that nothing has.
            let nothing = json!({ "id": node.nobodys });
            assert_eq!(scene.jun.run(query, nothing).await, json!({ "node": null }), "{type_name}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn every_subscription_that_needs_a_member_refuses_strangers_and_others(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let nobodys = OrderId::from_uuid(Uuid::from_u128(7)).to_string();
        let order = "subscription($id: ID!) { orderStatusChanged(orderId: $id) { sequence } }";
        let feed = "subscription($id: ID!) { storeOrderEvents(storeId: $id) { sequence } }";
        let needs_member = BTreeMap::from([
            ("orderStatusChanged", order),
            ("myOrderEvents", "subscription { myOrderEvents { sequence } }"),
            ("giftReceived", "subscription { giftReceived { id } }"),
            ("storeOrderEvents", feed),
        ]);
        let public = BTreeSet::from(["stockChanged"]);
        let known = needs_member.keys().chain(&public).map(|name| (*name).to_owned());
        assert_eq!(fields(&types, "Subscription"), known.collect(), "who may listen to each?");
        for (field, query) in needs_member {
            let variables = json!({ "id": scene.order["id"] });
            let mut events = shop.anonymous().subscribe(query, variables).await;
            assert_eq!(refused_code(&events.receive().await), "UNAUTHENTICATED", "{field}");
        }
        let mut answers = Vec::new();
        for id in [&scene.order["id"], &json!(nobodys)] {
            let mut events = scene.jun.subscribe(order, json!({ "id": id })).await;
            answers.push(refused_code(&events.receive().await));
        }
        assert_eq!(answers, ["BAD_REQUEST"; 2]);
        for (id, code) in [
            (scene.shirt.store_id.to_string(), "FORBIDDEN"),
            (nobody::<StoreId>(), "BAD_REQUEST"),
        ] {
            for stranger in [&scene.jun, &scene.rival] {
                let mut events = stranger.subscribe(feed, json!({ "id": id })).await;
                assert_eq!(refused_code(&events.receive().await), code);
            }
        }
    }
}

/// Mina has everything that a member can have. Jun, and a merchant who runs another store than that of the shirt, have
/// a purse and a cart and are curious.
struct Scene {
    shirt: Product,
    seller: Client,
    mina: Client,
    jun: Client,
    rival: Client,
    /// The line of Mina's cart.
    line: Value,
    order: Value,
    /// The payment of an order of Mina's that waits for it.
    payment: String,
    /// A coupon that Mina has registered, and the code of one that nobody has.
    coupon: Value,
    code: Value,
    /// What Sora gave Mina.
    gift: Value,
}

/// Who may call a mutation.
enum Access {
    Public,
    Member {
        /// An input that would do something; none where the mutation takes none.
        example: Option<Value>,
        /// For each field of the input that names what members own.
        not_yours: Vec<NotYours>,
    },
}

struct NotYours {
    /// The input's field.
    path: &'static str,
    /// Names what is Mina's.
    theirs: Value,
    /// Names what is not there.
    nobodys: Value,
}

struct Node {
    id: String,
    /// Who sees it, besides admins, if it is not for everyone.
    owner: Client,
    /// An id of its kind that nothing has.
    nobodys: String,
    is_public: bool,
}

impl Scene {
    async fn set(shop: &Shop) -> Self {
        let seller = shop.merchant().await;
        let shirt = seller.product("셔츠", &[("하나", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let order = mina.order(&shirt, 0, 1, "first").await["order"].clone();
        let line = mina.add_to_cart(&shirt, 0, 2).await["cart"]["items"][0]["id"].clone();
        let jun = shop.member_with_points(10_000).await;
        let rival = shop.merchant().await.client;
        rival.charge(10_000, "opening").await;
        for other in [&jun, &rival] {
            other.run("{ cart { id } }", json!({})).await;
        }
        let payment = pending(shop, &mina, &shirt).await;
        let input = json!({
            "name": "개업", "count": 2, "fixedAmount": 100, "expiresAt": shop.now() + Duration::from_hours(1),
        });
        let codes = seller.client.mutate("publishCoupons", input, "codes").await;
        let input = json!({ "code": codes["codes"][0] });
        let registered = mina.mutate("registerCoupon", input, "coupon { id }").await;
        let gift = given(shop, &mina, &shirt).await;
        Self {
            shirt,
            seller: seller.client,
            mina,
            jun,
            rival,
            line,
            order,
            payment,
            coupon: registered["coupon"]["id"].clone(),
            code: codes["codes"][1].clone(),
            gift,
        }
    }

    fn mutations(&self) -> BTreeMap<&'static str, Access> {
        let option = self.shirt.options[0].to_string();
        let members = |example| Access::Member {
            example: Some(example),
            not_yours: Vec::new(),
        };
        let mut mutations = BTreeMap::from([
            ("signUp", Access::Public),
            ("signIn", Access::Public),
            ("refreshSession", Access::Public),
            (
                "signOut",
                Access::Member {
                    example: None,
                    not_yours: Vec::new(),
                },
            ),
            (
                "changePassword",
                members(
                    json!({ "currentPassword": "correct horse", "newPassword": "battery staple" }),
                ),
            ),
            (
                "chargePoints",
                members(json!({ "amount": 1_000, "idempotencyKey": "another" })),
            ),
            ("addToCart", members(json!({ "optionId": option }))),
            ("placeOrder", self.of_order(&option)),
            (
                "sendGift",
                members(
                    json!({ "toUserId": "sora", "optionId": option, "idempotencyKey": "another" }),
                ),
            ),
            ("confirmPayment", self.of_payment()),
            ("abandonPayment", self.of_payment()),
            ("cancelOrder", self.of_cancellation()),
        ]);
        mutations.extend(self.mutations_of_carts());
        mutations.extend(self.mutations_of_coupons());
        mutations.extend(self.mutations_of_stores());
        mutations
    }

    /// The access to ordering pieces of an option.
    fn of_order(&self, option: &str) -> Access {
        let nobodys = nobody::<CartItemId>();
        let wish = |key: &str, coupon: Option<&Value>| {
            json!({
                "lines": [{ "optionId": option, "quantity": 1 }], "idempotencyKey": key, "couponId": coupon,
            })
        };
        Access::Member {
            example: Some(wish("another", None)),
            not_yours: vec![
                NotYours {
                    path: "cartItemIds",
                    theirs: json!({ "cartItemIds": [self.line], "idempotencyKey": "theirs" }),
                    nobodys: json!({ "cartItemIds": [nobodys], "idempotencyKey": "nobody's" }),
                },
                NotYours {
                    path: "couponId",
                    theirs: wish("theirs", Some(&self.coupon)),
                    nobodys: wish("nobody's", Some(&json!(nobody::<CouponId>()))),
                },
            ],
        }
    }

    fn mutations_of_carts(&self) -> [(&'static str, Access); 3] {
        let nobodys = nobody::<CartItemId>();
        [
            (
                "updateCartItem",
                Access::Member {
                    example: Some(json!({ "cartItemId": self.line, "quantity": 1 })),
                    not_yours: vec![NotYours {
                        path: "cartItemId",
                        theirs: json!({ "cartItemId": self.line, "quantity": 1 }),
                        nobodys: json!({ "cartItemId": nobodys, "quantity": 1 }),
                    }],
                },
            ),
            (
                "removeFromCart",
                Access::Member {
                    example: Some(json!({ "cartItemIds": [self.line] })),
                    not_yours: vec![NotYours {
                        path: "cartItemIds",
                        theirs: json!({ "cartItemIds": [self.line] }),
                        nobodys: json!({ "cartItemIds": [nobodys] }),
                    }],
                },
            ),
            (
                "clearCart",
                Access::Member {
                    example: None,
                    not_yours: Vec::new(),
                },
            ),
        ]
    }

    fn mutations_of_coupons(&self) -> [(&'static str, Access); 2] {
        let register = Access::Member {
            example: Some(json!({ "code": self.code })),
            not_yours: Vec::new(),
        };
        let coupons = json!({
            "name": "쿠폰", "count": 1, "percent": 10, "expiresAt": "2027-01-01T00:00:00Z",
        });
        [
            ("registerCoupon", register),
            ("publishCoupons", self.of_store(&coupons)),
        ]
    }

    /// Who may call what is for merchants.
    fn mutations_of_stores(&self) -> Vec<(&'static str, Access)> {
        let reason = [("reason", json!("no"))];
        vec![
            ("registerMerchant", Access::Public),
            ("setStoreOpen", self.of_store(&json!({ "isOpen": false }))),
            ("updateStore", self.of_store(&json!({ "name": "가게" }))),
            ("createProduct", self.create_product()),
            ("updateProduct", self.update_product()),
            ("deleteProduct", self.of_product()),
            ("createPictureUpload", self.of_product()),
            (
                "adjustStock",
                self.of_option(&json!({ "delta": 1, "reason": "입고" })),
            ),
            ("acceptOrder", self.of_a_stores_order(&[])),
            ("markOrderReady", self.of_a_stores_order(&[])),
            ("completeOrder", self.of_a_stores_order(&[])),
            ("refuseOrder", self.of_a_stores_order(&reason)),
        ]
    }

    /// The access to a mutation of a store's part of an order, whose input may have more fields.
    fn of_a_stores_order(&self, more: &[(&str, Value)]) -> Access {
        let input = |order: &Value, item: Option<&Value>| {
            let mut input = json!({ "orderId": order });
            for (field, value) in more {
                input[field] = value.clone();
            }
            if let Some(item) = item {
                input["orderItemIds"] = json!([item]);
            }
            input
        };
        let order = NotYours {
            path: "orderId",
            theirs: input(&self.order["id"], None),
            nobodys: input(&json!(nobody::<OrderId>()), None),
        };
        let items = NotYours {
            path: "orderItemIds",
            theirs: input(&self.order["id"], Some(&self.order["items"][0]["id"])),
            nobodys: input(
                &json!(nobody::<OrderId>()),
                Some(&json!(nobody::<OrderItemId>())),
            ),
        };
        let takes_items = !more.is_empty();
        Access::Member {
            example: Some(input(&self.order["id"], None)),
            not_yours: [order]
                .into_iter()
                .chain(takes_items.then_some(items))
                .collect(),
        }
    }

    /// The access to a mutation of the shirt's store, with the rest of its input.
    fn of_store(&self, rest: &Value) -> Access {
        let of = |id: String| {
            let mut input = rest.clone();
            input["storeId"] = json!(id);
            input
        };
        not_yours(
            "storeId",
            of(self.shirt.store_id.to_string()),
            of(nobody::<StoreId>()),
        )
    }

    fn create_product(&self) -> Access {
        let store = |id: String| json!({ "storeId": id, "name": "바지", "options": [{ "name": "M", "price": 1_000 }] });
        let with_option = |id: String| {
            let mut input = store(self.shirt.store_id.to_string());
            input["options"][0]["id"] = json!(id);
            input
        };
        let theirs = store(self.shirt.store_id.to_string());
        Access::Member {
            example: Some(theirs.clone()),
            not_yours: vec![
                NotYours {
                    path: "storeId",
                    theirs,
                    nobodys: store(nobody::<StoreId>()),
                },
                NotYours {
                    path: "id",
                    theirs: with_option(self.shirt.options[0].to_string()),
                    nobodys: with_option(nobody::<OptionId>()),
                },
            ],
        }
    }

    fn update_product(&self) -> Access {
        let product = |id: String| json!({ "productId": id, "name": "바지" });
        let with_option = |id: String| {
            let option = json!({ "id": id, "name": "M", "price": 1_000 });
            json!({ "productId": self.shirt.id.to_string(), "options": [option] })
        };
        let theirs = product(self.shirt.id.to_string());
        Access::Member {
            example: Some(theirs.clone()),
            not_yours: vec![
                NotYours {
                    path: "productId",
                    theirs,
                    nobodys: product(nobody::<ProductId>()),
                },
                NotYours {
                    path: "id",
                    theirs: with_option(self.shirt.options[0].to_string()),
                    nobodys: with_option(nobody::<OptionId>()),
                },
            ],
        }
    }

    fn of_cancellation(&self) -> Access {
        Access::Member {
            example: Some(json!({ "orderId": self.order["id"] })),
            not_yours: vec![
                NotYours {
                    path: "orderId",
                    theirs: json!({ "orderId": self.order["id"] }),
                    nobodys: json!({ "orderId": nobody::<OrderId>() }),
                },
                NotYours {
                    path: "orderItemIds",
                    theirs: json!({
                        "orderId": self.order["id"],
                        "orderItemIds": [self.order["items"][0]["id"]],
                    }),
                    nobodys: json!({ "orderId": nobody::<OrderId>(), "orderItemIds": [nobody::<OrderItemId>()] }),
                },
            ],
        }
    }

    /// The access to a mutation of the stock of an option, with the rest of its input.
    fn of_option(&self, rest: &Value) -> Access {
        let of = |id: String| {
            let mut input = rest.clone();
            input["optionId"] = json!(id);
            input
        };
        not_yours(
            "optionId",
            of(self.shirt.options[0].to_string()),
            of(nobody::<OptionId>()),
        )
    }

    /// The access to a mutation of a product.
    fn of_product(&self) -> Access {
        not_yours(
            "productId",
            json!({ "productId": self.shirt.id.to_string() }),
            json!({ "productId": nobody::<ProductId>() }),
        )
    }

    /// The access to a mutation of a payment.
    fn of_payment(&self) -> Access {
        not_yours(
            "paymentId",
            json!({ "paymentId": self.payment }),
            json!({ "paymentId": nobody::<PaymentId>() }),
        )
    }

    /// Whether each query needs a member, and how it is asked.
    fn queries(&self) -> BTreeMap<&'static str, (bool, String)> {
        let product = &self.shirt.id;
        let store = &self.shirt.store_id;
        let order = self.order["id"].as_str().expect("an id");
        BTreeMap::from([
            ("me", (false, "me { id }".to_owned())),
            ("node", (false, format!("node(id: \"{product}\") {{ id }}"))),
            (
                "nodes",
                (false, format!("nodes(ids: [\"{product}\"]) {{ id }}")),
            ),
            ("products", (false, "products { totalCount }".to_owned())),
            (
                "product",
                (false, format!("product(id: \"{product}\") {{ id }}")),
            ),
            (
                "popularProducts",
                (false, "popularProducts { rank }".to_owned()),
            ),
            ("stores", (false, "stores { totalCount }".to_owned())),
            ("store", (false, format!("store(id: \"{store}\") {{ id }}"))),
            ("cart", (true, "cart { id }".to_owned())),
            ("pendingOrder", (true, "pendingOrder { id }".to_owned())),
            ("orders", (true, "orders { totalCount }".to_owned())),
            ("order", (true, format!("order(id: \"{order}\") {{ id }}"))),
        ])
    }

    /// The wallet of the shirt's store, which has handed an order over.
    async fn wallet(&self) -> Value {
        let order = self.mina.order(&self.shirt, 0, 1, "handed over").await["order"].clone();
        crate::fulfilment::complete(&self.seller, &order).await;
        crate::wallets::wallet(&self.seller, &self.shirt).await
    }

    /// One of each kind of node; what is owned is Mina's or the seller's.
    async fn nodes(&self) -> BTreeMap<&'static str, Node> {
        let query = "{ me { id userPoint { id entries { nodes { id } } } } cart { id } }";
        let data = self.mina.run(query, json!({})).await;
        let purse = &data["me"]["userPoint"];
        let public = |id: String, nobodys: String| Node {
            id,
            owner: self.mina.clone(),
            nobodys,
            is_public: true,
        };
        let owned = |id: &Value, nobodys: String| Node {
            id: id.as_str().expect("an id").to_owned(),
            owner: self.mina.clone(),
            nobodys,
            is_public: false,
        };
        let sellers = |id: &Value, nobodys: String| Node {
            owner: self.seller.clone(),
            ..owned(id, nobodys)
        };
        let wallet = self.wallet().await;
        let product = &self.shirt;
        let query = "query($id: ID!) { node(id: $id) { ... on ProductOption { adjustments { nodes { id } } } } }";
        let option = json!({ "id": product.options[0].to_string() });
        let option = self.seller.run(query, option).await["node"].take();
        BTreeMap::from([
            (
                "Product",
                public(product.id.to_string(), nobody::<ProductId>()),
            ),
            (
                "ProductOption",
                public(product.options[0].to_string(), nobody::<OptionId>()),
            ),
            (
                "Store",
                public(product.store_id.to_string(), nobody::<StoreId>()),
            ),
            (
                "StockAdjustment",
                sellers(
                    &option["adjustments"]["nodes"][0]["id"],
                    nobody::<StockAdjustmentId>(),
                ),
            ),
            ("Member", owned(&data["me"]["id"], nobody::<MemberId>())),
            ("UserPoint", owned(&purse["id"], nobody::<UserPointId>())),
            (
                "PointEntry",
                owned(
                    &purse["entries"]["nodes"][0]["id"],
                    nobody::<PointEntryId>(),
                ),
            ),
            ("Cart", owned(&data["cart"]["id"], nobody::<CartId>())),
            ("CartItem", owned(&self.line, nobody::<CartItemId>())),
            (
                "Payment",
                owned(&json!(self.payment), nobody::<PaymentId>()),
            ),
            ("Coupon", owned(&self.coupon, nobody::<CouponId>())),
            (
                "StoreWallet",
                sellers(&wallet["id"], nobody::<StoreWalletId>()),
            ),
            (
                "WalletEntry",
                sellers(
                    &wallet["entries"]["nodes"][0]["id"],
                    nobody::<WalletEntryId>(),
                ),
            ),
            ("Order", owned(&self.order["id"], nobody::<OrderId>())),
            ("Gift", owned(&self.gift["id"], nobody::<GiftId>())),
            (
                "OrderItem",
                owned(&self.order["items"][0]["id"], nobody::<OrderItemId>()),
            ),
        ])
    }
}

/// Has somebody else give the member something; gives the gift.
async fn given(shop: &Shop, member: &Client, product: &Product) -> Value {
    let sora = shop.member_named("sora").await;
    sora.charge(1_000, "opening").await;
    let user_id = member.run("{ me { userId } }", json!({})).await["me"]["userId"].clone();
    let option = product.options[0].to_string();
    let input = json!({ "toUserId": user_id, "optionId": option, "idempotencyKey": "first" });
    let payload = sora.mutate("sendGift", input, "gift { id }").await;
    payload["gift"].clone()
}

/// Has the member order something at a gateway; gives the payment.
async fn pending(shop: &Shop, member: &Client, product: &Product) -> String {
    let line = Line {
        option_id: product.options[0],
        quantity: 1,
    };
    let request = Request {
        selection: Selection::Lines(vec![line]),
        points: None,
        gateway: Some(Gateway {
            provider: PaymentProvider::Toss,
            within: Duration::from_mins(15),
        }),
        coupon_id: None,
        expected_total: None,
        idempotency_key: "pending".into(),
    };
    let app = shop.app();
    let order = app.placement.place(member.member_id().await, request).await;
    let order = order.expect("an order");
    let payments = payment::store::by_orders(app.db.reader(), &[order.id]).await;
    payments.expect("payments")[0].id.to_string()
}

/// The access to a mutation whose input names one thing that somebody owns.
fn not_yours(path: &'static str, theirs: Value, nobodys: Value) -> Access {
    Access::Member {
        example: Some(theirs.clone()),
        not_yours: vec![NotYours {
            path,
            theirs,
            nobodys,
        }],
    }
}

/// An id that nothing has.
fn nobody<I: TypedId>() -> String {
    I::from_uuid(Uuid::from_u128(7)).to_string()
}

fn capitalized(field: &str) -> String {
    let (first, rest) = field.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

/// A mutation with an input, if it takes one.
fn operation(
    types: &BTreeMap<String, Value>,
    mutation: &str,
    input: Option<&Value>,
) -> (String, Value) {
    // Payloads with nothing but user errors have nothing else to be null.
    let payload = format!("{}Payload", capitalized(mutation));
    let asked = list(&types[&payload]["fields"]).iter().map(name);
    let asked = asked.filter(|field| field != "userErrors");
    let is_scalar = |field: &String| field == "codes";
    let asked = asked
        .map(|field| {
            if is_scalar(&field) {
                field
            } else {
                format!("{field} {{ __typename }}")
            }
        })
        .collect::<Vec<_>>()
        .join(" ");
    let body = format!("{{ {asked} userErrors {{ code message path }} }}");
    match input {
        Some(input) => (
            format!(
                "mutation($input: {}Input!) {{ {mutation}(input: $input) {body} }}",
                capitalized(mutation)
            ),
            json!({ "input": input }),
        ),
        None => (format!("mutation {{ {mutation} {body} }}"), json!({})),
    }
}

/// The fields of an input, and of the inputs in it, that are ids.
fn ids(types: &BTreeMap<String, Value>, input: &str) -> BTreeSet<String> {
    let Some(of) = types.get(input) else {
        return BTreeSet::new();
    };
    let mut found = BTreeSet::new();
    for field in list(&of["inputFields"]) {
        match innermost(&field["type"]).as_str() {
            "ID" => {
                found.insert(name(field));
            }
            other => found.extend(ids(types, other)),
        }
    }
    found
}

/// An answer whose only field is null because nobody is signed in.
fn expect_unauthenticated(body: &Value, field: &str) {
    let errors = list(&body["errors"]);
    assert_eq!(errors.len(), 1, "{field}: {body:#}");
    assert_eq!(
        errors[0]["extensions"]["code"], "UNAUTHENTICATED",
        "{field}: {body:#}"
    );
    assert_eq!(errors[0]["path"], json!([field]));
    assert_eq!(body["data"], json!({ field: null }), "{field}: {body:#}");
}

/// The code with which a subscription was refused.
fn refused_code(received: &Received) -> String {
    let errors = match received {
        Received::Next(payload) => &payload["errors"],
        Received::Error(errors) => errors,
        other => panic!("expected a refusal, got {other:?}"),
    };
    errors[0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{received:?}"))
        .to_owned()
}

/// Types with their fields (and arguments), input fields or values.
const CONTRACT: &str = "
    Node: id
    Query: node(id) nodes(ids) me products(filter,sort,first,after,last,before) product(id) popularProducts(days,first) cart orders(filter,first,after,last,before) order(id,orderKey) pendingOrder stores(first,after,last,before) store(id)
    Mutation: signUp(input) signIn(input) refreshSession(input) signOut changePassword(input) chargePoints(input) addToCart(input) updateCartItem(input) removeFromCart(input) clearCart placeOrder(input) confirmPayment(input) abandonPayment(input) cancelOrder(input) sendGift(input) registerMerchant(input) setStoreOpen(input) updateStore(input) createProduct(input) updateProduct(input) deleteProduct(input) adjustStock(input) registerCoupon(input) publishCoupons(input) createPictureUpload(input)
    Subscription: orderStatusChanged(orderId,after) myOrderEvents giftReceived stockChanged(productId)
    Role: MEMBER MERCHANT ADMIN
    Member: id userId nickname role createdAt userPoint orders(filter,first,after,last,before) coupons(status,first,after,last,before) gifts(first,after,last,before) store
    UserPoint: id balance entries(first,after,last,before)
    PointAction: CHARGE USE REFUND
    PointEntry: id action amount balanceAfter order payment createdAt
    Store: id name isOpen acceptMinutes products(first,after,last,before)
    Product: id name description imageUrl(width) price options stockQuantity store isDeleted createdAt
    ProductOption: id name price stockQuantity isDeleted product adjustments(first,after,last,before)
    StockAdjustment: id delta quantityAfter reason member option createdAt
    StockAdjustmentConnection: edges nodes pageInfo totalCount
    PopularProduct: rank product quantitySold
    ProductFilter: search storeId inStock minPrice maxPrice
    ProductSort: NEWEST PRICE_ASC PRICE_DESC NAME
    Cart: id items totalQuantity total updatedAt
    CartItem: id option quantity unitPrice lineTotal isAvailable
    OrderStatus: PENDING_PAYMENT PAID ACCEPTED READY COMPLETED CANCELED
    CancelReason: CUSTOMER STORE_REFUSED NOT_ACCEPTED_IN_TIME PAYMENT_FAILED PAYMENT_ABANDONED PAYMENT_EXPIRED OUT_OF_STOCK
    Order: id orderKey member status items itemsTotal discount pointsUsed amountDue refunded payments history isCancelable placedAt paymentExpiresAt coupon
    OrderItem: id option productName optionName unitPrice quantity lineTotal discount status cancelReason acceptBy store
    OrderEvent: sequence order status items reason note at
    Mutation: acceptOrder(input) refuseOrder(input) markOrderReady(input) completeOrder(input)
    AcceptOrderInput: orderId
    AcceptOrderPayload: order userErrors
    RefuseOrderInput: orderId orderItemIds reason
    RefuseOrderPayload: order userErrors
    MarkOrderReadyInput: orderId
    MarkOrderReadyPayload: order userErrors
    CompleteOrderInput: orderId
    CompleteOrderPayload: order userErrors
    OrderStateChanged: code message path status
    UserErrorCode: ORDER_STATE_CHANGED
    Subscription: storeOrderEvents(storeId,after)
    OrderEvent: storeSequence
    Store: orders(filter,first,after,last,before) wallet
    StoreWallet: id balance pending entries(first,after,last,before)
    WalletEntry: id action amount balanceAfter order createdAt
    WalletAction: SALE PAYOUT
    WalletEntryConnection: edges nodes pageInfo totalCount
    OrderFilter: status placedFrom placedTo
    OrderLineInput: optionId quantity
    PlaceOrderInput: lines cartItemIds couponId points provider expectedTotal idempotencyKey
    CouponStatus: ISSUED REGISTERED USED EXPIRED
    Coupon: id code name discount minimumTotal store status expiresAt
    FixedDiscount: amount
    PercentDiscount: percent maximum
    FreeItem: option quantity
    CouponNotUsable: code message path problem
    StoreClosed: code message path options
    CouponProblem: UNKNOWN FOREIGN EXPIRED USED ALREADY_REGISTERED LIMIT_REACHED BELOW_MINIMUM NOTHING_TO_DISCOUNT
    RegisterCouponInput: code
    RegisterCouponPayload: coupon userErrors
    PublishCouponsInput: storeId name count fixedAmount percent maximum freeOptionId freeQuantity minimumTotal perMemberLimit expiresAt idempotencyKey
    PublishCouponsPayload: codes userErrors
    CouponConnection: edges nodes pageInfo totalCount
    PaymentProvider: POINT PORTONE TOSS KAKAOPAY
    PaymentStatus: READY PAID PARTIALLY_CANCELED CANCELED FAILED EXPIRED
    Payment: id provider status amount refunded checkout failure createdAt paidAt
    PaymentCheckout: clientKey storeId redirectUrl mobileRedirectUrl orderName amount expiresAt
    UserError: code message path
    UserErrorCode: INVALID_INPUT NOT_FOUND USER_ID_TAKEN BAD_CREDENTIALS BAD_TOKEN EMPTY_ORDER INSUFFICIENT_STOCK STOCK_CHANGED INSUFFICIENT_POINTS PRICE_CHANGED PRODUCT_UNAVAILABLE STORE_CLOSED POINT_LIMIT_EXCEEDED IDEMPOTENCY_KEY_REUSED COUPON_NOT_USABLE ORDER_NOT_CANCELABLE PAYMENT_UNAVAILABLE PAYMENT_DECLINED PAYMENT_MISMATCH PAYMENT_EXPIRED PICTURES_UNAVAILABLE
    InputError: code message path
    InsufficientStock: code message path shortages
    StockChanged: code message path quantity
    StockShortage: option requested available
    InsufficientPoints: code message path required balance
    Session: accessToken refreshToken expiresAt member
    SignUpInput: userId password nickname
    SignUpPayload: session userErrors
    SignInInput: userId password
    SignInPayload: session userErrors
    RefreshSessionInput: refreshToken
    RefreshSessionPayload: session userErrors
    SignOutPayload: userErrors
    ChangePasswordInput: currentPassword newPassword
    ChangePasswordPayload: session userErrors
    ChargePointsInput: amount idempotencyKey provider
    ChargePointsPayload: userPoint payment userErrors
    AddToCartInput: optionId quantity
    AddToCartPayload: cart userErrors
    UpdateCartItemInput: cartItemId quantity
    UpdateCartItemPayload: cart userErrors
    RemoveFromCartInput: cartItemIds
    RemoveFromCartPayload: cart userErrors
    ClearCartPayload: cart userErrors
    PlaceOrderPayload: order userErrors
    ConfirmPaymentInput: paymentId paymentKey pgToken
    ConfirmPaymentPayload: payment order userErrors
    AbandonPaymentInput: paymentId
    AbandonPaymentPayload: payment order userErrors
    SendGiftInput: toUserId optionId quantity message provider idempotencyKey
    SendGiftPayload: gift payment userErrors
    Gift: id from to coupon message sentAt
    GiftConnection: edges nodes pageInfo totalCount
    CancelOrderInput: orderId orderItemIds reason
    CancelOrderPayload: order userErrors
    RegisterMerchantInput: userId password nickname storeName
    RegisterMerchantPayload: session store userErrors
    SetStoreOpenInput: storeId isOpen
    SetStoreOpenPayload: store userErrors
    UpdateStoreInput: storeId name acceptMinutes
    UpdateStorePayload: store userErrors
    CreatePictureUploadInput: productId
    CreatePictureUploadPayload: upload userErrors
    PictureUpload: uploadUrl method expiresAt maxBytes
    UploadMethod: PUT
    ProductOptionInput: id name price stockQuantity
    CreateProductInput: storeId name description options
    CreateProductPayload: product userErrors
    UpdateProductInput: productId name description options
    UpdateProductPayload: product userErrors
    DeleteProductInput: productId
    DeleteProductPayload: product userErrors
    AdjustStockInput: optionId delta quantity expectedQuantity reason
    AdjustStockPayload: option userErrors
    ProductConnection: edges nodes pageInfo totalCount
    ProductEdge: cursor node
    StoreConnection: edges nodes pageInfo totalCount
    OrderConnection: edges nodes pageInfo totalCount
    PointEntryConnection: edges nodes pageInfo totalCount
    PageInfo: hasNextPage hasPreviousPage startCursor endCursor
    Won:
    DateTime:
";
