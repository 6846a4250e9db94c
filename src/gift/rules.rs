//! What somebody wants to give, checked as far as it can be without the database.

use entity::{
    id::{MemberId, OptionId},
    payment::PaymentProvider,
};
use sea_orm::ActiveEnum;
use serde_json::json;
use sha2::{Digest, Sha256};

/// A wish to give something to somebody.
#[derive(Clone, Debug)]
pub struct Wish {
    pub from: MemberId,
    /// The user id of whoever gets it.
    pub to_user_id: String,
    pub option_id: OptionId,
    pub quantity: i32,
    /// What the sender writes to them; may be empty.
    pub message: String,
    /// Who takes the money; `None` to pay with points.
    pub provider: Option<PaymentProvider>,
    /// The sender's key: the same key gives once.
    pub idempotency_key: String,
}

/// The longest message, in characters: more than a card holds.
pub const MESSAGE_MAX: usize = 500;

/// What is wrong with a wish on the face of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    QuantityOutOfRange { max: i32 },
    BadMessage { max: usize },
}

impl Wish {
    /// The wish, if it could be fulfilled at all.
    pub fn checked(self, quantity_max: i32) -> Result<Self, Malformed> {
        if !(1..=quantity_max).contains(&self.quantity) {
            return Err(Malformed::QuantityOutOfRange { max: quantity_max });
        }
        let is_odd = |letter: char| letter.is_control() && letter != '\n';
        if self.message.chars().count() > MESSAGE_MAX || self.message.contains(is_odd) {
            return Err(Malformed::BadMessage { max: MESSAGE_MAX });
        }
        Ok(self)
    }

    /// A hash that is the same for wishes that want the same.
    pub fn hash(&self) -> Vec<u8> {
        let canonical = json!([
            self.to_user_id,
            self.option_id.to_string(),
            self.quantity,
            self.message,
            self.provider.map(|provider| provider.to_value()),
        ]);
        Sha256::digest(canonical.to_string()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn wish() -> Wish {
        Wish {
            from: MemberId(Uuid::nil()),
            to_user_id: "jun".into(),
            option_id: OptionId(Uuid::nil()),
            quantity: 1,
            message: String::new(),
            provider: None,
            idempotency_key: "key".into(),
        }
    }

    #[test]
    fn a_gift_is_some_pieces_and_a_few_lines() {
        let quantity = |quantity| {
            let wish = Wish { quantity, ..wish() };
            wish.checked(9).map(drop)
        };
        assert_eq!([1, 9].map(quantity), [Ok(()), Ok(())]);
        for wrong in [0, -1, 10, i32::MIN, i32::MAX] {
            assert_eq!(
                quantity(wrong),
                Err(Malformed::QuantityOutOfRange { max: 9 })
            );
        }
        let message = |message: &str| {
            let message = message.to_owned();
            let wish = Wish { message, ..wish() };
            wish.checked(9).map(drop)
        };
        for good in ["생일 축하해!\n늘 건강하고.", &"가".repeat(500)] {
            assert_eq!(message(good), Ok(()));
        }
        for bad in ["a\0b", "a\tb", "\u{85}", &"가".repeat(501)] {
            assert_eq!(message(bad), Err(Malformed::BadMessage { max: 500 }));
        }
    }

    #[test]
    fn wishes_that_want_the_same_have_the_same_hash() {
        let other_key = Wish {
            idempotency_key: "another".into(),
            ..wish()
        };
        assert_eq!(wish().hash(), other_key.hash(), "the key is no part of it");
        let different = [
            wish(),
            Wish {
                to_user_id: "mina".into(),
                ..wish()
            },
            Wish {
                option_id: OptionId(Uuid::from_u128(1)),
                ..wish()
            },
            Wish {
                quantity: 2,
                ..wish()
            },
            Wish {
                message: "축하해".into(),
                ..wish()
            },
            Wish {
                provider: Some(PaymentProvider::Toss),
                ..wish()
            },
            Wish {
                provider: Some(PaymentProvider::KakaoPay),
                ..wish()
            },
        ];
        let different = different.map(|wish| wish.hash());
        for (index, one) in different.iter().enumerate() {
            assert!(different[index + 1..].iter().all(|other| other != one));
        }
    }
}
