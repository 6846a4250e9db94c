//! What the pages say, in Korean and in English.

use axum::http::{HeaderMap, header};

use crate::ledger::Status;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Korean,
    English,
}

/// The texts of one language.
#[derive(Debug)]
pub struct Words {
    pub banner: &'static str,
    pub approve: &'static str,
    pub decline: &'static str,
    pub close: &'static str,
    pub back: &'static str,
    pub overdue: &'static str,
    pub nothing: &'static str,
    pub payments: &'static str,
    pub no_payments: &'static str,
    pub order: &'static str,
    pub reference: &'static str,
    pub amount: &'static str,
    pub status: &'static str,
    pub given_back: &'static str,
    pub events: &'static str,
    pub no_events: &'static str,
    pub take: &'static str,
    pub broken: &'static str,
    pub too_many: &'static str,
    pub slow: &'static str,
    pub hang: &'static str,
    pub drop: &'static str,
    pub forget: &'static str,
    pub arrived: &'static str,
    pub duplicates: &'static str,
    pub refused: &'static str,
    pub failed: &'static str,
    pub time: &'static str,
    pub event: &'static str,
    pub times: &'static str,
    pub other_language: &'static str,
}

const KOREAN: Words = Words {
    banner: "개발용 샌드박스입니다. 실제로 결제되지 않습니다.",
    approve: "결제하기",
    decline: "거절하기",
    close: "닫기",
    back: "상점으로 돌아가기",
    overdue: "결제 시간이 지났습니다.",
    nothing: "그런 결제가 없습니다.",
    payments: "결제 내역",
    no_payments: "아직 결제가 없습니다. 상점에서 주문해 보세요.",
    order: "주문",
    reference: "주문 번호",
    amount: "금액",
    status: "상태",
    given_back: "환불",
    events: "데이터 플랫폼",
    no_events: "아직 도착한 이벤트가 없습니다. 상점에서 주문해 보세요.",
    take: "정상 수신",
    broken: "오류 (500)",
    too_many: "과부하 (429, 10초)",
    slow: "느리게 (3초)",
    hang: "응답 없음",
    drop: "연결 끊기",
    forget: "받고 끊기",
    arrived: "도착",
    duplicates: "중복",
    refused: "서명 오류",
    failed: "거절",
    time: "시각",
    event: "이벤트",
    times: "횟수",
    other_language: "English",
};

const ENGLISH: Words = Words {
    banner: "This is a sandbox for development. No money moves.",
    approve: "Pay",
    decline: "Decline",
    close: "Close",
    back: "Back to the shop",
    overdue: "The time to pay is over.",
    nothing: "There is no such payment.",
    payments: "Payments",
    no_payments: "No payments yet. Order something in the shop.",
    order: "Order",
    reference: "Order id",
    amount: "Amount",
    status: "Status",
    given_back: "Given back",
    events: "Data platform",
    no_events: "No events yet. Order something in the shop.",
    take: "Take events",
    broken: "Break (500)",
    too_many: "Too many (429, 10 s)",
    slow: "Slow (3 s)",
    hang: "Hang",
    drop: "Drop",
    forget: "Take, then drop",
    arrived: "Arrived",
    duplicates: "Repeated",
    refused: "Not believed",
    failed: "Turned away",
    time: "Time",
    event: "Event",
    times: "Times",
    other_language: "한국어",
};

impl Language {
    /// The one that was asked for, else the browser's, else Korean.
    pub fn choose(asked: Option<&str>, headers: &HeaderMap) -> Self {
        let header = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut tags = asked.into_iter().chain(header.split(',').map(str::trim));
        tags.find_map(|tag| match tag.get(..2)? {
            "ko" => Some(Self::Korean),
            "en" => Some(Self::English),
            _ => None,
        })
        .unwrap_or(Self::Korean)
    }

    pub const fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    pub const fn other(self) -> Self {
        match self {
            Self::Korean => Self::English,
            Self::English => Self::Korean,
        }
    }

    pub const fn words(self) -> &'static Words {
        match self {
            Self::Korean => &KOREAN,
            Self::English => &ENGLISH,
        }
    }

    pub const fn status(self, status: Status) -> &'static str {
        match (self, status) {
            (Self::Korean, Status::Ready | Status::Opened) => "결제 대기",
            (Self::English, Status::Ready | Status::Opened) => "Waiting for the buyer",
            (Self::Korean, Status::Authenticated) => "승인 대기",
            (Self::English, Status::Authenticated) => "Agreed, waiting for the shop",
            (Self::Korean, Status::Paid) => "결제 완료",
            (Self::English, Status::Paid) => "Paid",
            (Self::Korean, Status::PartCanceled) => "부분 환불",
            (Self::English, Status::PartCanceled) => "Given back in part",
            (Self::Korean, Status::Canceled) => "전액 환불",
            (Self::English, Status::Canceled) => "Given back",
            (Self::Korean, Status::Declined) => "결제 거절",
            (Self::English, Status::Declined) => "Declined",
            (Self::Korean, Status::Quit) => "결제 취소",
            (Self::English, Status::Quit) => "Closed by the buyer",
            (Self::Korean, Status::Expired) => "시간 초과",
            (Self::English, Status::Expired) => "Out of time",
        }
    }

    /// Money as it is written in this language.
    pub fn money(self, amount: i64, currency: &str) -> String {
        let digits = amount.unsigned_abs().to_string();
        let mut grouped = String::new();
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if amount < 0 { "−" } else { "" };
        match (self, currency) {
            (Self::Korean, "KRW") => format!("{sign}{grouped}원"),
            (Self::English, "KRW") => format!("{sign}₩{grouped}"),
            _ => format!("{sign}{grouped} {currency}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_language_is_the_one_asked_for_or_the_browsers() {
        let choose = |asked, header| {
            let header = (header::ACCEPT_LANGUAGE, HeaderValue::from_static(header));
            Language::choose(asked, &HeaderMap::from_iter([header]))
        };
        assert_eq!(choose(Some("en"), "ko"), Language::English);
        assert_eq!(choose(None, "de-DE, en;q=0.8, ko;q=0.5"), Language::English);
        assert_eq!(choose(Some("fr"), "fr"), Language::Korean);
    }

    #[test]
    fn money_is_grouped_by_thousands() {
        let korean = |amount| Language::Korean.money(amount, "KRW");
        assert_eq!(korean(999), "999원");
        assert_eq!(korean(1_234_000), "1,234,000원");
        assert_eq!(Language::English.money(15_000, "KRW"), "₩15,000");
        assert_eq!(Language::English.money(15_000, "USD"), "15,000 USD");
    }
}
