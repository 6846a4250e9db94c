//! The published test vectors, our own, and everything that must not be believed.

use axum::http::HeaderValue;

use super::*;

/// A webhook that is right.
struct Vector {
    secret: &'static str,
    id: &'static str,
    timestamp: i64,
    body: &'static str,
    signature: &'static str,
}

const ALL_BYTES: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const VECTORS: [Vector; 5] = [
    Vector {
        secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        timestamp: 1_649_367_553,
        body: r#"{"email":"test@example.com","username":"test_user"}"#,
        signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    },
    Vector {
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: 1_614_265_330,
        body: r#"{"test": 2432232314}"#,
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    Vector {
        secret: ALL_BYTES,
        id: "wh_0001",
        timestamp: 1_767_323_045,
        body: r#"{"type":"Transaction.Paid","timestamp":"2026-01-02T03:04:05.678Z","data":{"paymentId":"order-0001","storeId":"store-test","transactionId":"tx-0001"}}"#,
        signature: "v1,RBWTiKdiaj8uycBiX/hAjPOWPSEo6kHNyb7DDOvJiq8=",
    },
    Vector {
        secret: ALL_BYTES,
        id: "wh_0002",
        timestamp: 1_767_323_045,
        body: r#"{"memo":"결제 완료"}"#,
        signature: "v1,/Uu7/LqmfkBy6Hi76aPBRoVE/iX8WpxLWeiEwaEtHCo=",
    },
    Vector {
        secret: ALL_BYTES,
        id: "wh_0003",
        timestamp: 1_767_323_045,
        body: "",
        signature: "v1,ynRRXRFBAx4CgCuj3fNa+FoNCrKAR2H1DzZN4OgkxSs=",
    },
];

/// A delivery that starts out right and is then changed.
#[derive(Clone)]
struct Delivery {
    secrets: Vec<Secret>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    now: i64,
}

impl Delivery {
    fn of(vector: &Vector) -> Self {
        Self {
            secrets: vec![Secret::new(vector.secret)],
            headers: vec![
                ("webhook-id", vector.id.into()),
                ("webhook-timestamp", vector.timestamp.to_string()),
                ("webhook-signature", vector.signature.into()),
            ],
            body: vector.body.into(),
            now: vector.timestamp,
        }
    }

    /// The one that the negative cases begin with.
    fn first() -> Self {
        Self::of(&VECTORS[0])
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn verify(&self) -> Result<String, Rejection> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let now = DateTime::from_timestamp_secs(self.now).unwrap();
        Verifier::new(&self.secrets)
            .unwrap()
            .verify(&headers, &self.body, now)
            .map(ToOwned::to_owned)
    }
}

const GOOD: &str = VECTORS[0].signature;

#[test]
fn what_is_signed_right_is_believed() {
    for vector in &VECTORS {
        let delivery = Delivery::of(vector);
        assert_eq!(delivery.verify().as_deref(), Ok(vector.id));
    }
}

#[test]
fn five_minutes_apart_is_close_enough_and_not_a_second_more() {
    let sent = VECTORS[0].timestamp;
    for (now, verdict) in [
        (sent + 300, Ok(())),
        (sent - 300, Ok(())),
        (sent + 301, Err(Rejection::TooOld)),
        (sent - 301, Err(Rejection::TooNew)),
    ] {
        assert_eq!(Delivery::first().at(now).verify().map(drop), verdict);
    }
}

#[test]
fn each_header_is_there_once_with_something_in_it() {
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let twice = {
            let mut delivery = Delivery::first();
            let header = delivery.headers.iter().find(|(other, _)| *other == name);
            delivery.headers.push(header.unwrap().clone());
            delivery
        };
        for delivery in [
            twice,
            Delivery::first().without(name),
            Delivery::first().with(name, ""),
            Delivery::first().with(name, "결제"),
            Delivery::first().with(name, "1".repeat(1024 * 1024)),
        ] {
            assert_eq!(delivery.verify(), Err(Rejection::Header), "{name}");
        }
    }
}

#[test]
fn a_timestamp_is_plain_digits() {
    for timestamp in [
        "now",
        "0",
        "01649367553",
        "+1649367553",
        "-1649367553",
        " 1649367553",
        "1649367553.0",
        "1649367553000000000000",
        "１６４９３６７５５３",
    ] {
        let rejection = Delivery::first()
            .with("webhook-timestamp", timestamp)
            .verify()
            .unwrap_err();
        let expected = if timestamp.is_ascii() {
            Rejection::Timestamp
        } else {
            Rejection::Header
        };
        assert_eq!(rejection, expected, "{timestamp}");
    }
}

#[test]
fn a_wrong_signature_is_not_believed() {
    let wrong = VECTORS[1].signature;
    let bare = GOOD.strip_prefix("v1,").unwrap();
    for signature in [
        wrong.into(),
        "v1".into(),
        "v1,".into(),
        bare.into(),
        GOOD[..11].into(),
        format!("{wrong} {wrong} {wrong}"),
        // Right, and not of a version that is known.
        format!("v2,{bare}"),
        format!("v1a,{bare}"),
        format!("V1,{bare}"),
        // Base64 of other kinds.
        GOOD.replace('+', "-").replace('/', "_"),
        GOOD.trim_end_matches('=').into(),
        format!("{GOOD}="),
        // The right bytes and one more.
        format!(
            "v1,{}",
            STANDARD.encode([&STANDARD.decode(bare).unwrap()[..], b"!"].concat())
        ),
        // Other separators.
        format!("{wrong}\t{GOOD}"),
        format!("{wrong},{GOOD}"),
        format!("{wrong};{GOOD}"),
    ] {
        let delivery = Delivery::first().with("webhook-signature", &signature);
        assert_eq!(delivery.verify(), Err(Rejection::Signature), "{signature}");
    }
}

#[test]
fn one_right_signature_among_others_is_enough() {
    let wrong = VECTORS[1].signature;
    for signatures in [
        format!("{GOOD} {wrong}"),
        format!("{wrong} {wrong} {GOOD}"),
        format!("v1a,c2lnbmVk v1 v1, v1,!!! nonsense , {GOOD}"),
        format!("{}{GOOD}", format!("{wrong} ").repeat(SIGNATURES_MAX - 1)),
    ] {
        let delivery = Delivery::first().with("webhook-signature", &signatures);
        assert!(delivery.verify().is_ok(), "{signatures}");
    }
    let too_many = format!("{}{GOOD}", format!("{wrong} ").repeat(SIGNATURES_MAX));
    let delivery = Delivery::first().with("webhook-signature", too_many);
    assert_eq!(delivery.verify(), Err(Rejection::Signature));
}

#[test]
fn whatever_is_changed_breaks_the_signature() {
    let body = VECTORS[0].body;
    let mut flipped = body.as_bytes().to_vec();
    flipped[10] ^= 1;
    for delivery in [
        Delivery::first().saying(flipped),
        Delivery::first().saying(body.replace(':', ": ")),
        Delivery::first().saying(format!("{body}\n")),
        Delivery::first().saying(""),
        Delivery::first().with("webhook-id", VECTORS[1].id),
        Delivery::first().with("webhook-timestamp", "1649367554"),
    ] {
        assert_eq!(delivery.verify(), Err(Rejection::Signature));
    }
}

#[test]
fn during_a_rotation_the_old_secret_and_the_new_are_good() {
    let [old, new] = [&VECTORS[0], &VECTORS[1]];
    let secrets = [old.secret, new.secret].map(Secret::new);
    for vector in [old, new] {
        let mut delivery = Delivery::of(vector);
        delivery.secrets = secrets.to_vec();
        assert!(delivery.verify().is_ok());
    }
    let mut delivery = Delivery::of(old);
    delivery.secrets = vec![Secret::new(new.secret)];
    assert_eq!(delivery.verify(), Err(Rejection::Signature));
}

#[test]
fn a_secret_that_anybody_knows_is_refused() {
    let refusal = |secrets: &[&str]| {
        let secrets = secrets.iter().copied().map(Secret::new).collect::<Vec<_>>();
        Verifier::new(&secrets).unwrap_err()
    };
    assert_eq!(refusal(&[]), WrongSecret::Number);
    assert_eq!(refusal(&[ALL_BYTES; SECRETS_MAX + 1]), WrongSecret::Number);
    assert_eq!(refusal(&[""]), WrongSecret::Empty);
    assert_eq!(refusal(&["whsec_"]), WrongSecret::Empty);
    assert_eq!(refusal(&[ALL_BYTES, "whsec_"]), WrongSecret::Empty);
    for text in ["whsec_AA", "whsec_****", "whsec_AAEC-_QF", "whsec_AAEC\n"] {
        assert_eq!(refusal(&[text]), WrongSecret::Encoding, "{text}");
    }
}

#[test]
fn a_secret_is_the_same_with_its_prefix_and_without_and_never_shown() {
    let mut delivery = Delivery::first();
    let bare = VECTORS[0].secret.strip_prefix("whsec_").unwrap();
    delivery.secrets = vec![Secret::new(bare)];
    assert!(delivery.verify().is_ok());
    let verifier = Verifier::new(&delivery.secrets).unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier(1 secrets)");
}

#[test]
fn what_is_signed_is_believed_by_whoever_knows_one_of_the_secrets() {
    let secrets = [ALL_BYTES, VECTORS[0].secret].map(Secret::new);
    let signer = Signer::new(&secrets).unwrap();
    let now = DateTime::from_timestamp(1_767_323_045, 999_000_000).unwrap();
    let headers = signer.headers("event_1", "결제".as_bytes(), now).unwrap();
    assert_eq!(headers.len(), 3);
    for secret in &secrets {
        let verifier = Verifier::new([secret]).unwrap();
        assert_eq!(
            verifier.verify(&headers, "결제".as_bytes(), now),
            Ok("event_1")
        );
        assert_eq!(
            verifier.verify(&headers, b"another", now),
            Err(Rejection::Signature)
        );
    }
    assert_eq!(format!("{signer:?}"), "Signer(2 secrets)");
}

#[test]
fn what_is_signed_is_what_the_published_vectors_say() {
    for vector in &VECTORS {
        let signer = Signer::new([&Secret::new(vector.secret)]).unwrap();
        let now = DateTime::from_timestamp(vector.timestamp, 0).unwrap();
        let headers = signer.headers(vector.id, vector.body.as_bytes(), now);
        let headers = headers.unwrap();
        assert_eq!(headers["webhook-id"], vector.id);
        assert_eq!(headers["webhook-timestamp"], vector.timestamp.to_string());
        assert_eq!(headers["webhook-signature"], vector.signature);
    }
}

#[test]
fn nothing_is_signed_with_a_secret_that_could_be_guessed() {
    let short = format!("whsec_{}", STANDARD.encode([7; 23]));
    let refused = |secrets: &[&str]| {
        let secrets = secrets.iter().map(|secret| Secret::new(*secret));
        let secrets = secrets.collect::<Vec<_>>();
        Signer::new(&secrets).unwrap_err()
    };
    assert_eq!(refused(&[&short]), WrongSecret::Short);
    assert_eq!(refused(&["whsec_"]), WrongSecret::Empty);
    assert_eq!(refused(&["whsec_!"]), WrongSecret::Encoding);
    assert_eq!(refused(&[]), WrongSecret::Number);
    let signer = Signer::new([&Secret::new(ALL_BYTES)]).unwrap();
    assert!(signer.headers("a\nb", b"", DateTime::UNIX_EPOCH).is_err());
}
