//! Who may call each mutation, and whose things its input names.

use std::collections::BTreeMap;

use entity::id::{
    CartItemId, CouponId, OptionId, OrderId, OrderItemId, PaymentId, ProductId, StoreId,
};
use serde_json::{Value, json};

use super::nobody;
use crate::scene::Scene;

/// Who may call a mutation.
pub enum Access {
    Public,
    Member {
        /// An input that would do something; none where the mutation takes none.
        example: Option<Value>,
        /// For each field of the input that names what members own.
        not_yours: Vec<NotYours>,
    },
}

pub struct NotYours {
    /// The input's field.
    pub path: &'static str,
    /// Names what is Mina's.
    pub theirs: Value,
    /// Names what is not there.
    pub nobodys: Value,
}

impl Scene {
    pub fn mutations(&self) -> BTreeMap<&'static str, Access> {
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
