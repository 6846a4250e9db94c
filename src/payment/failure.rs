//! Why a payment failed, for its member: in the shop's words, or in its gateway's.

use entity::payment;
use sea_orm::{EnumIter, Iterable};

use crate::text::{Language, Message, message};

/// Why a payment failed.
#[derive(Clone, Debug, PartialEq, Eq, EnumIter)]
pub enum PaymentFailure {
    /// Its gateway would not hear of it.
    NotBegun,
    GivenUp,
    /// Without a word why.
    Declined,
    /// The browser comes from a window that showed another amount.
    OtherAmountShown,
    Expired,
    /// Taken when its order had ended, and could not be revived.
    TooLate,
    OtherCurrencyTaken,
    OtherAmountTaken,
    TestMoneyTaken,
    /// Taken, and given back in part before we knew of it.
    GivenBackBefore,
    /// In the gateway's words.
    Words(String),
}

impl PaymentFailure {
    /// Why this payment failed, if it did.
    pub fn of(payment: &payment::Model) -> Option<Self> {
        payment.failure.as_deref().map(Self::read)
    }

    /// A gateway's words. Not every gateway says why, and none speaks for the shop.
    pub fn in_words(words: &str) -> Self {
        match Self::read(words.trim()) {
            Self::Words(words) if !words.is_empty() => Self::Words(words),
            _ => Self::Declined,
        }
    }

    /// As it is stored: in English, for operators; never to be changed.
    pub fn stored(&self) -> &str {
        match self {
            Self::NotBegun => "The payment could not begin.",
            Self::GivenUp => "The payment was given up.",
            Self::Declined => "The payment was declined.",
            Self::OtherAmountShown => "The payment window showed another amount.",
            Self::Expired => "The payment was not made in time.",
            Self::TooLate => "The order had ended.",
            Self::OtherCurrencyTaken => "Another currency was taken.",
            Self::OtherAmountTaken => "Another amount was taken.",
            Self::TestMoneyTaken => "It was paid with test money.",
            Self::GivenBackBefore => "Some of it was given back before the payment was known.",
            Self::Words(words) => words,
        }
    }

    fn read(stored: &str) -> Self {
        let ours = Self::iter().find(|failure| failure.stored() == stored);
        ours.unwrap_or_else(|| Self::Words(stored.to_owned()))
    }

    /// What the member is told who wanted it to be paid.
    pub fn message(&self) -> Message {
        match self {
            Self::NotBegun => message!("payment-not-begun"),
            Self::GivenUp => message!("payment-given-up"),
            Self::Declined => message!("payment-declined"),
            Self::OtherAmountShown => message!("payment-other-amount-shown"),
            Self::Expired => message!("payment-expired"),
            Self::TooLate => message!("payment-too-late"),
            Self::OtherCurrencyTaken => message!("payment-other-currency-taken"),
            Self::OtherAmountTaken => message!("payment-other-amount-taken"),
            Self::TestMoneyTaken => message!("payment-test-money-taken"),
            Self::GivenBackBefore => message!("payment-given-back-before"),
            Self::Words(words) => message!("payment-failed-because", words = words.as_str()),
        }
    }

    /// The reason alone: the gateway's words as they are.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            Self::Words(words) => words.clone(),
            ours => ours.message().in_language(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_back_as_itself() {
        for failure in PaymentFailure::iter() {
            assert_eq!(PaymentFailure::read(failure.stored()), failure);
        }
        let words = PaymentFailure::Words("잔액이 부족합니다.".into());
        assert_eq!(PaymentFailure::read("잔액이 부족합니다."), words);
    }

    #[test]
    fn a_gateways_words_stay_as_they_are_in_every_language() {
        let failure = PaymentFailure::in_words(" 잔액이 부족합니다. ");
        for language in Language::ALL {
            assert_eq!(failure.in_language(language), "잔액이 부족합니다.");
        }
    }

    #[test]
    fn ours_are_in_the_language_of_whoever_asks() {
        let failure = PaymentFailure::GivenUp;
        assert_eq!(
            failure.in_language(Language::English),
            "The payment was given up."
        );
        assert_eq!(failure.in_language(Language::Korean), "취소한 결제예요.");
    }

    #[test]
    fn a_gateway_that_says_nothing_or_speaks_for_the_shop_has_declined() {
        for words in ["", "  ", "The payment could not begin."] {
            assert_eq!(PaymentFailure::in_words(words), PaymentFailure::Declined);
        }
    }
}
