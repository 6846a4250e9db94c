//! The keys of access tokens: the one that signs, and another whose tokens are accepted as well, so that keys can be
//! changed while everybody stays signed in.

use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode_header,
    errors::Error,
    jwk::{AlgorithmParameters, Jwk, JwkSet, ThumbprintHash},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::config::{SECRET_BYTES_MIN, Secret};

/// How a private key in PEM begins and ends (PKCS #8).
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");

/// Signs tokens, and tells whether one was signed here.
#[derive(Clone)]
pub struct Keys {
    signing: Key,
    accepted: Option<Key>,
}

/// A key is either a secret that both signs and checks (HS256), or the private half of a pair (EdDSA, Ed25519), whose
/// public half anybody may have. Which one, is seen by how it is written.
#[derive(Clone)]
struct Key {
    /// The thumbprint of RFC 7638, which tokens name as `kid`.
    id: String,
    algorithm: Algorithm,
    signing: EncodingKey,
    checking: DecodingKey,
    jwk: Jwk,
}

/// A setting that holds no key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "{0} is neither a secret of at least {SECRET_BYTES_MIN} bytes (make one with `openssl rand -hex 32`) nor an Ed25519 \
     private key in PEM (`openssl genpkey -algorithm ed25519`)"
)]
pub struct WrongKey(&'static str);

impl Keys {
    /// Signs with the one key, and accepts tokens of both.
    ///
    /// # Errors
    /// Which setting holds no key.
    pub fn new(signing: &Secret, accepted: Option<&Secret>) -> Result<Self, WrongKey> {
        let accepted =
            accepted.map(|secret| Key::read(secret).ok_or(WrongKey("JWT_ACCEPTED_SECRET")));
        Ok(Self {
            signing: Key::read(signing).ok_or(WrongKey("JWT_SECRET"))?,
            accepted: accepted.transpose()?,
        })
    }

    /// A token that says this.
    ///
    /// # Errors
    /// When the claims are no JSON object.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let Key { id, algorithm, .. } = &self.signing;
        let mut header = Header::new(*algorithm);
        header.kid = Some(id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing.signing)
    }

    /// What a token says that was signed with one of the keys; `None` of any other. When it expires is for the caller to
    /// look at.
    pub fn read<C: DeserializeOwned + Clone>(&self, token: &str) -> Option<C> {
        let named = decode_header(token).ok()?.kid;
        // A token that names no key may be of either.
        let mut tried = self
            .all()
            .filter(|key| named.as_ref().is_none_or(|id| *id == key.id));
        tried.find_map(|key| key.check(token))
    }

    /// The public halves of the keys that have one, for whoever checks tokens elsewhere.
    #[must_use]
    pub fn public(&self) -> JwkSet {
        let is_public =
            |key: &&Key| matches!(key.jwk.algorithm, AlgorithmParameters::OctetKeyPair(_));
        JwkSet {
            keys: self
                .all()
                .filter(is_public)
                .map(|key| key.jwk.clone())
                .collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        [&self.signing].into_iter().chain(&self.accepted)
    }
}

impl Key {
    fn read(secret: &Secret) -> Option<Self> {
        let (algorithm, signing) = match str::from_utf8(secret.bytes()).map(str::trim) {
            Ok(text) if text.starts_with("-----BEGIN") => {
                (Algorithm::EdDSA, EncodingKey::from_ed_der(&der(text)?))
            }
            _ if secret.is_weak() => return None,
            _ => (Algorithm::HS256, EncodingKey::from_secret(secret.bytes())),
        };
        let mut jwk = Jwk::from_encoding_key(&signing, algorithm).ok()?;
        let id = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        jwk.common.key_id = Some(id.clone());
        Some(Self {
            id,
            algorithm,
            checking: DecodingKey::from_jwk(&jwk).ok()?,
            signing,
            jwk,
        })
    }

    fn check<C: DeserializeOwned + Clone>(&self, token: &str) -> Option<C> {
        // The algorithm is the key's, whatever the token says.
        let mut validation = Validation::new(self.algorithm);
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let read = jsonwebtoken::decode(token, &self.checking, &validation);
        Some(read.ok()?.claims)
    }
}

/// What is between the lines of a private key in PEM.
fn der(pem: &str) -> Option<Vec<u8>> {
    let body = pem.strip_prefix(PEM.0)?.strip_suffix(PEM.1)?;
    let body = body.split_whitespace().collect::<String>();
    BASE64_STANDARD.decode(body).ok()
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.all().map(|key| &key.id);
        f.debug_list().entries(ids).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The pair of RFC 8410, section 10.3, and its public half.
    const PAIR: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
    const PUBLIC: &str = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";

    fn keys(signing: &str, accepted: Option<&str>) -> Keys {
        let accepted = accepted.map(Secret::new);
        Keys::new(&Secret::new(signing), accepted.as_ref()).unwrap()
    }

    fn claims() -> Value {
        json!({ "sub": "mina", "exp": 2_000_000_000 })
    }

    #[test]
    fn keys_change_while_tokens_stay_good() {
        let (old, new) = ("o".repeat(32), PAIR);
        let before = keys(&old, None);
        let both = [keys(&old, Some(new)), keys(new, Some(&old))];
        let after = keys(new, None);
        let steps = [&before, &both[0], &both[1], &after];
        // Whoever is one step ahead or behind reads what the other signs: servers change one by one.
        for pair in steps.windows(2) {
            for (signer, reader) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                let token = signer.sign(&claims()).unwrap();
                assert_eq!(reader.read(&token), Some(claims()));
            }
        }
        let token = before.sign(&claims()).unwrap();
        assert_eq!(after.read::<Value>(&token), None);
    }

    #[test]
    fn a_token_that_names_no_key_is_tried_with_all() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let header = Header::new(Algorithm::HS256);
        let key = EncodingKey::from_secret(old.as_bytes());
        let token = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
        assert_eq!(keys(&new, Some(&old)).read(&token), Some(claims()));
        assert_eq!(keys(&new, None).read::<Value>(&token), None);
    }

    #[test]
    fn a_key_is_used_with_its_own_algorithm_alone() {
        let (pair, secret) = (keys(PAIR, None), "s".repeat(32));
        // The public half, which anybody has, as if it were a secret.
        let public = EncodingKey::from_secret(PUBLIC.as_bytes());
        for (algorithm, key, reader) in [
            (Algorithm::HS256, &public, &pair),
            (
                Algorithm::HS512,
                &EncodingKey::from_secret(secret.as_bytes()),
                &keys(&secret, None),
            ),
        ] {
            for kid in [None, Some(reader.signing.id.clone())] {
                let header = Header {
                    kid,
                    ..Header::new(algorithm)
                };
                let token = jsonwebtoken::encode(&header, &claims(), key).unwrap();
                assert_eq!(reader.read::<Value>(&token), None);
            }
        }
        let payload = pair.sign(&claims()).unwrap();
        let payload = payload.split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"} and no signature.
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
        assert_eq!(pair.read::<Value>(&unsigned), None);
        assert_eq!(pair.read::<Value>(""), None);
    }

    #[test]
    fn public_halves_are_told_and_secrets_are_not() {
        let told = serde_json::to_value(keys(PAIR, Some(&"s".repeat(32))).public()).unwrap();
        let [key] = told["keys"].as_array().unwrap().as_slice() else {
            panic!("one key: {told}");
        };
        assert_eq!(
            (&key["kty"], &key["crv"], &key["x"]),
            (&json!("OKP"), &json!("Ed25519"), &json!(PUBLIC))
        );
        assert_eq!(key["kid"], keys(PAIR, None).signing.id);
        assert!(keys(&"s".repeat(32), None).public().keys.is_empty());
    }

    #[test]
    fn a_key_that_was_drawn_may_begin_and_end_with_what_looks_like_a_blank() {
        let mut drawn = [7; 32];
        (drawn[0], drawn[31]) = (b' ', b'\n');
        assert!(Keys::new(&Secret::new(drawn), None).is_ok());
    }

    #[test]
    fn what_is_no_key_is_named_by_its_setting() {
        let good = Secret::new("s".repeat(32));
        for bad in [
            "short",
            "                                        ",
            "-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END RSA PRIVATE KEY-----",
        ] {
            let bad = Secret::new(bad);
            let error = Keys::new(&bad, None).unwrap_err().to_string();
            assert!(error.starts_with("JWT_SECRET is neither"), "{error}");
            let error = Keys::new(&good, Some(&bad)).unwrap_err().to_string();
            assert!(
                error.starts_with("JWT_ACCEPTED_SECRET is neither"),
                "{error}"
            );
        }
    }
}
