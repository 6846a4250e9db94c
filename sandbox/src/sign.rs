//! Standard Webhooks signatures: HMAC-SHA256 over `{id}.{timestamp}.{body}`.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// A key to sign webhooks with.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

/// Why a text is no [`WebhookSecret`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct BadSecret;

impl WebhookSecret {
    /// Reads `whsec_…`.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(BadSecret)
        }
    }

    /// Another secret, as a forger has.
    pub(crate) fn forged(&self) -> Self {
        Self(self.0.iter().map(|byte| !byte).collect())
    }

    /// The value of the header `webhook-signature`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        // HMAC takes a key of any length.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map(|mac| {
            mac.chain_update(format!("{id}.{timestamp}."))
                .chain_update(body)
                .finalize()
                .into_bytes()
        });
        format!("v1,{}", STANDARD.encode(mac.unwrap_or_default()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        let vectors = [
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                ("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553),
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330),
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                ("wh_0002", 1_767_323_045),
                r#"{"memo":"결제 완료"}"#,
                "v1,/Uu7/LqmfkBy6Hi76aPBRoVE/iX8WpxLWeiEwaEtHCo=",
            ),
            (
                "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                ("wh_0003", 1_767_323_045),
                "",
                "v1,ynRRXRFBAx4CgCuj3fNa+FoNCrKAR2H1DzZN4OgkxSs=",
            ),
        ];
        for (secret, (id, timestamp), body, signature) in vectors {
            let secret = WebhookSecret::parse(secret).unwrap();
            assert_eq!(secret.sign(id, timestamp, body), signature, "{id}");
            assert_ne!(secret.forged().sign(id, timestamp, body), signature);
        }
    }

    #[test]
    fn a_secret_that_would_protect_nothing_is_refused() {
        for text in [
            "",
            "whsec_",
            "whsec_AAAA",
            "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        ] {
            assert_eq!(WebhookSecret::parse(text).unwrap_err(), BadSecret, "{text}");
        }
    }
}
