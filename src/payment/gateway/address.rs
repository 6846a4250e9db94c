//! Where gateways are, and where they send browsers back to.

use std::str::FromStr;

use entity::id::PaymentId;
use reqwest::Url;

/// An address below which others are: a gateway's, or the shop's own as the world sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// A text that is not such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write an address that starts with https:// or http:// and has no query, as in https://shop.example"
)]
pub struct WrongBaseUrl;

impl FromStr for BaseUrl {
    type Err = WrongBaseUrl;

    fn from_str(text: &str) -> Result<Self, WrongBaseUrl> {
        let url = text.parse::<Url>().map_err(|_| WrongBaseUrl)?;
        let is_bare = url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if matches!(url.scheme(), "http" | "https") && is_bare && is_anonymous {
            Ok(Self(url))
        } else {
            Err(WrongBaseUrl)
        }
    }
}

impl BaseUrl {
    /// The address of a path below, given by its segments. Each stays one whatever it contains; of `.` and `..`
    /// nothing is left.
    pub fn below(&self, path: &[&str]) -> Url {
        let mut url = self.0.clone();
        // No address of http or https is without segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Whether nobody on the way can read what goes there.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The page that opens a payment's window.
    pub fn window(&self, payment_id: PaymentId) -> String {
        let mut url = self.below(&["payments", "window"]);
        url.query_pairs_mut()
            .append_pair("payment", &payment_id.to_string());
        url.into()
    }

    /// Where PortOne's window sends the browser; it adds which payment by itself.
    pub fn portone_return(&self) -> String {
        self.below(&["payments", "portone", "return"]).into()
    }

    /// Where Toss's window sends the browser of a member who has agreed.
    pub fn toss_success(&self, payment_id: PaymentId) -> String {
        self.of_payment("toss", "success", payment_id)
    }

    /// Where Toss's window sends the browser otherwise.
    pub fn toss_fail(&self, payment_id: PaymentId) -> String {
        self.of_payment("toss", "fail", payment_id)
    }

    /// Where KakaoPay sends the browser of a member who has agreed.
    pub fn kakaopay_approve(&self, payment_id: PaymentId) -> String {
        self.of_payment("kakaopay", "approve", payment_id)
    }

    /// Where KakaoPay sends the browser of a member who has left.
    pub fn kakaopay_cancel(&self, payment_id: PaymentId) -> String {
        self.of_payment("kakaopay", "cancel", payment_id)
    }

    /// Where KakaoPay sends the browser when it failed or took too long.
    pub fn kakaopay_fail(&self, payment_id: PaymentId) -> String {
        self.of_payment("kakaopay", "fail", payment_id)
    }

    fn of_payment(&self, gateway: &str, outcome: &str, payment_id: PaymentId) -> String {
        let mut url = self.below(&["payments", gateway, outcome]);
        url.query_pairs_mut()
            .append_pair("payment", &payment_id.to_string());
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_base_is_an_address_of_the_web_and_nothing_more() {
        for text in ["https://shop.example", "http://127.0.0.1:9900/portone"] {
            assert!(text.parse::<BaseUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "shop.example",
            "mailto:shop@example.com",
            "file:///etc",
            "https://shop.example?a=b",
            "https://shop.example#a",
            "https://name:word@shop.example",
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(WrongBaseUrl), "{text}");
        }
    }

    #[test]
    fn a_segment_stays_one_whatever_it_contains() {
        for (base, address) in [
            (
                "http://127.0.0.1/toss",
                "http://127.0.0.1/toss/v1/a%2Fb%3Fc%23d%25",
            ),
            (
                "http://127.0.0.1/toss/",
                "http://127.0.0.1/toss/v1/a%2Fb%3Fc%23d%25",
            ),
            ("http://127.0.0.1", "http://127.0.0.1/v1/a%2Fb%3Fc%23d%25"),
        ] {
            let base = base.parse::<BaseUrl>().unwrap();
            assert_eq!(base.below(&["v1", "a/b?c#d%"]).as_str(), address);
        }
    }

    #[test]
    fn browsers_come_back_below_the_shops_own_address() {
        let base = "https://shop.example/mall".parse::<BaseUrl>().unwrap();
        let id = PaymentId(Uuid::nil());
        let back = "https://shop.example/mall/payments";
        assert_eq!(base.portone_return(), format!("{back}/portone/return"));
        assert!(base.is_secure());
        assert!(
            !"http://shop.example"
                .parse::<BaseUrl>()
                .unwrap()
                .is_secure()
        );
        for (address, path) in [
            (base.window(id), "window"),
            (base.toss_success(id), "toss/success"),
            (base.toss_fail(id), "toss/fail"),
            (base.kakaopay_approve(id), "kakaopay/approve"),
            (base.kakaopay_cancel(id), "kakaopay/cancel"),
            (base.kakaopay_fail(id), "kakaopay/fail"),
        ] {
            assert_eq!(address, format!("{back}/{path}?payment={id}"));
        }
    }
}
