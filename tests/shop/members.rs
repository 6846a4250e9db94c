//! Signing up and in, sessions that rotate, passwords.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::{Client, Contents, PASSWORD, Shop, refusal};

const SESSION: &str = "session { accessToken refreshToken expiresAt
    member { id userId nickname role createdAt } }";

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Somebody's session, as a browser keeps it.
struct Session {
    client: Client,
    refresh_token: String,
}

impl Session {
    fn of(shop: &Shop, payload: &Value) -> Self {
        let session = &payload["session"];
        let text = |field| {
            session[field]
                .as_str()
                .unwrap_or_else(|| panic!("a session: {payload:#}"))
        };
        Self {
            client: shop.anonymous().with_token(text("accessToken")),
            refresh_token: text("refreshToken").to_owned(),
        }
    }

    async fn is_good(&self) -> bool {
        let answer = self.client.send("{ me { id } }", json!({})).await;
        answer.body["data"]["me"]["id"].is_string()
    }
}

async fn sign_up(shop: &Shop, user_id: &str) -> Session {
    let input = json!({ "userId": user_id, "password": PASSWORD, "nickname": user_id });
    let payload = shop.anonymous().mutate("signUp", input, SESSION).await;
    Session::of(shop, &payload)
}

async fn sign_in(shop: &Shop, user_id: &str, password: &str) -> Value {
    let input = json!({ "userId": user_id, "password": password });
    shop.anonymous().mutate("signIn", input, SESSION).await
}

async fn refresh(shop: &Shop, refresh_token: &str) -> Value {
    let input = json!({ "refreshToken": refresh_token });
    shop.anonymous()
        .mutate("refreshSession", input, SESSION)
        .await
}

async fn change_password(client: &Client, current: &str, new: &str) -> Value {
    let input = json!({ "currentPassword": current, "newPassword": new });
    client.mutate("changePassword", input, SESSION).await
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("a time").parse().expect("RFC 3339")
}

fn ended_sessions(contents: &Contents) -> usize {
    let sessions = &contents.0["session"];
    sessions
        .iter()
        .filter(|row| row.contains("ended_at: Some"))
        .count()
}

both! {
    async fn signing_up_makes_a_member_and_signs_them_in(shop: Shop) {
        let input = json!({ "userId": " Mina.Kim-2 ", "password": PASSWORD, "nickname": "  민아 " });

        let payload = shop.anonymous().mutate("signUp", input, SESSION).await;

        let member = &payload["session"]["member"];
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(member["userId"], "mina.kim-2");
        assert_eq!(member["nickname"], "민아");
        assert_eq!(member["role"], "MEMBER");
        assert_eq!(time(&member["createdAt"]), shop.now());
        let mina = Session::of(&shop, &payload).client;
        let data = mina.run("{ me { id userId nickname role createdAt } }", json!({})).await;
        assert_eq!(&data["me"], member);
    }

    async fn a_sign_up_that_breaks_a_rule_is_refused_at_its_field_and_changes_nothing(shop: Shop) {
        let before = shop.contents().await;
        let long = |letter: &str, length| letter.repeat(length);
        let wrong = [
            ("userId", String::new()),
            ("userId", "ab".into()),
            ("userId", ".mina".into()),
            ("userId", "mi na".into()),
            ("userId", "민아민아".into()),
            ("userId", long("a", 33)),
            ("nickname", String::new()),
            ("nickname", "   ".into()),
            ("nickname", "민\n아".into()),
            ("nickname", long("가", 31)),
            ("password", String::new()),
            ("password", long("p", 7)),
            ("password", long("p", 129)),
        ];
        for (field, value) in wrong {
            let mut input = json!({ "userId": "mina", "password": PASSWORD, "nickname": "민아" });
            input[field] = json!(value);

            let payload = shop.anonymous().mutate("signUp", input, SESSION).await;

            assert_eq!(refusal(&payload), ("INVALID_INPUT", field.to_owned()), "{value:?}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn the_shortest_and_the_longest_that_the_rules_allow_are_welcome(shop: Shop) {
        let long = |letter: &str, length| letter.repeat(length);
        for (user_id, nickname, password) in [
            ("abc".to_owned(), "가".to_owned(), long("p", 8)),
            (long("9", 32), long("나", 30), long("비", 128)),
        ] {
            let input = json!({ "userId": user_id, "password": password, "nickname": nickname });
            let payload = shop.anonymous().mutate("signUp", input, SESSION).await;
            assert_eq!(payload["session"]["member"]["nickname"], nickname);

            let payload = sign_in(&shop, &user_id, &password).await;
            assert_eq!(payload["session"]["member"]["userId"], user_id);
        }
    }

    async fn a_user_id_that_is_taken_is_refused_in_whatever_case(shop: Shop) {
        sign_up(&shop, "mina").await;
        let before = shop.contents().await;
        for user_id in ["mina", "MINA", " Mina "] {
            let input = json!({ "userId": user_id, "password": "another one", "nickname": "다른 민아" });

            let payload = shop.anonymous().mutate("signUp", input, SESSION).await;

            assert_eq!(refusal(&payload), ("USER_ID_TAKEN", "userId".to_owned()));
        }
        shop.contents().await.assert_same(&before);
    }

    async fn of_many_who_want_one_user_id_at_once_one_gets_it(shop: Shop) {
        let somebody = shop.anonymous();
        let wishes = (0..8).map(|number| {
            let input = json!({ "userId": "mina", "password": PASSWORD, "nickname": format!("{number}") });
            somebody.mutate("signUp", input, SESSION)
        });

        let payloads = join_all(wishes).await;

        let (signed_up, refused): (Vec<_>, Vec<_>) =
            payloads.iter().partition(|payload| payload["session"].is_object());
        assert_eq!((signed_up.len(), refused.len()), (1, 7));
        for payload in refused {
            assert_eq!(refusal(payload).0, "USER_ID_TAKEN");
        }
        assert_eq!(shop.contents().await.count("member"), 1);
    }

    async fn a_member_signs_in_in_upper_or_lower_case(shop: Shop) {
        sign_up(&shop, "mina").await;
        for user_id in ["mina", "MiNa"] {
            let payload = sign_in(&shop, user_id, PASSWORD).await;
            assert_eq!(payload["session"]["member"]["userId"], "mina");
            assert!(Session::of(&shop, &payload).is_good().await);
        }
    }

    async fn a_wrong_password_and_an_unknown_user_id_look_alike_and_change_nothing(shop: Shop) {
        sign_up(&shop, "mina").await;
        let before = shop.contents().await;

        let wrong = sign_in(&shop, "mina", "wrong horse").await;
        let unknown = sign_in(&shop, "nobody", PASSWORD).await;
        let impossible = sign_in(&shop, "이런 아이디는 없다", "").await;

        assert_eq!(refusal(&wrong), ("BAD_CREDENTIALS", String::new()));
        assert_eq!(wrong, unknown);
        assert_eq!(wrong, impossible);
        shop.contents().await.assert_same(&before);
    }

    async fn a_password_counts_in_its_own_case_and_with_its_blanks(shop: Shop) {
        sign_up(&shop, "mina").await;
        for password in [PASSWORD.to_uppercase(), format!(" {PASSWORD}"), format!("{PASSWORD} ")] {
            assert_eq!(refusal(&sign_in(&shop, "mina", &password).await).0, "BAD_CREDENTIALS");
        }
    }

    async fn me_is_nobody_without_a_token_and_refused_with_a_bad_one(shop: Shop) {
        let data = shop.anonymous().run("{ me { id } }", json!({})).await;
        assert_eq!(data, json!({ "me": null }));

        let answer = shop.anonymous().with_token("nonsense").send("{ me { id } }", json!({})).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["data"], json!({ "me": null }));
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(answer.body["errors"][0]["path"], json!(["me"]));
    }

    async fn a_bad_token_spoils_only_what_needs_a_member(shop: Shop) {
        let query = "{ products { nodes { id } } cart { id } }";

        let answer = shop.anonymous().with_token("nonsense").send(query, json!({})).await;

        assert_eq!(answer.body["data"], json!({ "products": { "nodes": [] }, "cart": null }));
        assert_eq!(answer.body["errors"].as_array().expect("errors").len(), 1);
    }

    async fn an_access_token_is_good_for_fifteen_minutes_and_is_then_refreshed(shop: Shop) {
        sign_up(&shop, "mina").await;
        let payload = sign_in(&shop, "mina", PASSWORD).await;
        let session = Session::of(&shop, &payload);
        let expires_at = time(&payload["session"]["expiresAt"]);
        assert_eq!(expires_at, shop.now() + 15 * MINUTE);

        shop.set_time(expires_at - TimeDelta::seconds(1));
        assert!(session.is_good().await);
        shop.set_time(expires_at);
        assert_eq!(session.client.error_code("{ me { id } }", json!({})).await, "UNAUTHENTICATED");

        // The client still sends the old token along: that must not keep it from refreshing.
        let input = json!({ "refreshToken": session.refresh_token });
        let payload = session.client.mutate("refreshSession", input, SESSION).await;
        assert!(Session::of(&shop, &payload).is_good().await);
    }

    async fn each_refresh_gives_a_new_pair_of_tokens(shop: Shop) {
        let mut session = sign_up(&shop, "mina").await;
        let mut seen = vec![session.refresh_token.clone()];
        for _ in 0..3 {
            shop.advance(20 * DAY);
            let payload = refresh(&shop, &session.refresh_token).await;
            assert_eq!(payload["session"]["member"]["userId"], "mina");
            assert_eq!(time(&payload["session"]["expiresAt"]), shop.now() + 15 * MINUTE);
            session = Session::of(&shop, &payload);
            assert!(session.is_good().await);
            assert!(!seen.contains(&session.refresh_token));
            seen.push(session.refresh_token.clone());
        }
        assert_eq!(shop.contents().await.count("session"), 1, "it is all one session");
    }

    async fn reuse_of_an_old_refresh_token_ends_the_whole_session(shop: Shop) {
        let first = sign_up(&shop, "mina").await;
        let elsewhere = Session::of(&shop, &sign_in(&shop, "mina", PASSWORD).await);
        let second = Session::of(&shop, &refresh(&shop, &first.refresh_token).await);
        assert_eq!(ended_sessions(&shop.contents().await), 0);

        let reused = refresh(&shop, &first.refresh_token).await;

        assert_eq!(refusal(&reused), ("BAD_TOKEN", "refreshToken".to_owned()));
        assert_eq!(ended_sessions(&shop.contents().await), 1);
        let newest = refresh(&shop, &second.refresh_token).await;
        assert_eq!(refusal(&newest), ("BAD_TOKEN", "refreshToken".to_owned()));
        let other = refresh(&shop, &elsewhere.refresh_token).await;
        assert!(other["session"].is_object(), "another session of the member goes on: {other:#}");
        assert_eq!(ended_sessions(&shop.contents().await), 1);
    }

    async fn a_token_of_an_ended_session_changes_nothing_more(shop: Shop) {
        let first = sign_up(&shop, "mina").await;
        refresh(&shop, &first.refresh_token).await;
        refresh(&shop, &first.refresh_token).await;
        let before = shop.contents().await;
        shop.advance(MINUTE);

        refresh(&shop, &first.refresh_token).await;

        shop.contents().await.assert_same(&before);
    }

    async fn of_refreshes_with_one_token_at_once_at_most_one_succeeds(shop: Shop) {
        let session = sign_up(&shop, "mina").await;

        let wishes = (0..8).map(|_| refresh(&shop, &session.refresh_token));
        let payloads = join_all(wishes).await;

        let (refreshed, refused): (Vec<_>, Vec<_>) =
            payloads.iter().partition(|payload| payload["session"].is_object());
        assert_eq!((refreshed.len(), refused.len()), (1, 7));
        for payload in refused {
            assert_eq!(refusal(payload).0, "BAD_TOKEN");
        }
        let newest = &refreshed[0]["session"]["refreshToken"];
        let newest = refresh(&shop, newest.as_str().expect("a token")).await;
        assert_eq!(refusal(&newest).0, "BAD_TOKEN", "who came second may have stolen it");
    }

    async fn a_refresh_token_is_good_for_thirty_days(shop: Shop) {
        let punctual = sign_up(&shop, "mina").await;
        let late = sign_up(&shop, "jun").await;
        let opening = shop.now();

        shop.set_time(opening + 30 * DAY - TimeDelta::microseconds(1));
        assert!(refresh(&shop, &punctual.refresh_token).await["session"].is_object());

        shop.set_time(opening + 30 * DAY);
        let before = shop.contents().await;
        let payload = refresh(&shop, &late.refresh_token).await;
        assert_eq!(refusal(&payload), ("BAD_TOKEN", "refreshToken".to_owned()));
        shop.contents().await.assert_same(&before);
    }

    async fn what_is_no_refresh_token_is_refused_and_changes_nothing(shop: Shop) {
        let session = sign_up(&shop, "mina").await;
        let access_token = session.client.token.clone().expect("a token");
        let before = shop.contents().await;
        for text in ["", "nonsense", "토큰", &access_token, &session.refresh_token.to_lowercase()] {
            let payload = refresh(&shop, text).await;
            assert_eq!(refusal(&payload), ("BAD_TOKEN", "refreshToken".to_owned()), "{text}");
        }
        shop.contents().await.assert_same(&before);
        assert!(refresh(&shop, &session.refresh_token).await["session"].is_object());
    }

    async fn who_signs_out_cannot_refresh_any_more(shop: Shop) {
        let here = sign_up(&shop, "mina").await;
        let elsewhere = Session::of(&shop, &sign_in(&shop, "mina", PASSWORD).await);

        let data = here.client.run("mutation { signOut { userErrors { code } } }", json!({})).await;

        assert_eq!(data["signOut"], json!({ "userErrors": [] }));
        assert_eq!(refusal(&refresh(&shop, &here.refresh_token).await).0, "BAD_TOKEN");
        assert!(refresh(&shop, &elsewhere.refresh_token).await["session"].is_object());
        assert_eq!(ended_sessions(&shop.contents().await), 1);
    }

    async fn a_new_password_replaces_the_old_and_ends_the_other_sessions(shop: Shop) {
        let here = sign_up(&shop, "mina").await;
        let elsewhere = Session::of(&shop, &sign_in(&shop, "mina", PASSWORD).await);
        let jun = sign_up(&shop, "jun").await;

        let payload = change_password(&here.client, PASSWORD, "battery staple").await;

        let fresh = Session::of(&shop, &payload);
        assert!(fresh.is_good().await);
        for old in [&here, &elsewhere] {
            assert_eq!(refusal(&refresh(&shop, &old.refresh_token).await).0, "BAD_TOKEN");
        }
        assert!(refresh(&shop, &fresh.refresh_token).await["session"].is_object());
        assert!(refresh(&shop, &jun.refresh_token).await["session"].is_object());
        assert_eq!(refusal(&sign_in(&shop, "mina", PASSWORD).await).0, "BAD_CREDENTIALS");
        assert!(sign_in(&shop, "mina", "battery staple").await["session"].is_object());
        assert!(sign_in(&shop, "jun", PASSWORD).await["session"].is_object());
    }

    async fn signing_in_while_the_password_changes_leaves_no_session_of_the_old_one(shop: Shop) {
        let mina = sign_up(&shop, "mina").await;
        let is_changed = AtomicBool::new(false);
        let changing = async {
            let payload = change_password(&mina.client, PASSWORD, "battery staple").await;
            is_changed.store(true, Ordering::Relaxed);
            Session::of(&shop, &payload)
        };
        // Whenever the change is committed, some have compared the old password and not yet begun.
        let signing_in = join_all((0..4).map(async |_| {
            while !is_changed.load(Ordering::Relaxed) {
                sign_in(&shop, "mina", PASSWORD).await;
            }
        }));

        let (fresh, _) = tokio::join!(changing, signing_in);

        let contents = shop.contents().await;
        assert_eq!(contents.count("session") - ended_sessions(&contents), 1);
        assert!(refresh(&shop, &fresh.refresh_token).await["session"].is_object());
    }

    async fn a_refused_change_of_password_changes_nothing(shop: Shop) {
        let mina = sign_up(&shop, "mina").await;
        let before = shop.contents().await;

        let wrong = change_password(&mina.client, "wrong horse", "battery staple").await;
        let short = change_password(&mina.client, PASSWORD, "short").await;
        let long = change_password(&mina.client, PASSWORD, &"p".repeat(129)).await;

        assert_eq!(refusal(&wrong), ("BAD_CREDENTIALS", "currentPassword".to_owned()));
        assert_eq!(refusal(&short), ("INVALID_INPUT", "newPassword".to_owned()));
        assert_eq!(refusal(&long), ("INVALID_INPUT", "newPassword".to_owned()));
        shop.contents().await.assert_same(&before);
        assert!(refresh(&shop, &mina.refresh_token).await["session"].is_object());
    }

    async fn a_token_of_another_key_or_algorithm_is_refused(shop: Shop) {
        let mina = sign_up(&shop, "mina").await;
        let access = shop.app().tokens.read(mina.client.token.as_deref().expect("a token"));
        let access = access.expect("a token of ours");
        let claims = json!({
            "sub": access.member_id.to_string(),
            "sid": access.session_id.to_string(),
            "role": "ADMIN",
            "iat": shop.now().timestamp(),
            "exp": shop.now().timestamp() + 600,
        });
        let signed = |algorithm, key: &[u8]| {
            let key = EncodingKey::from_secret(key);
            jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).expect("a token")
        };
        let ours = signed(Algorithm::HS256, &[7; 32]);
        let [_, payload, signature]: [&str; 3] =
            ours.split('.').collect::<Vec<_>>().try_into().expect("three parts");
        // {"alg":"none","typ":"JWT"}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
        let mina_s = mina.client.token.as_deref().expect("a token").rsplit_once('.').expect("parts").0;
        let forged = [
            signed(Algorithm::HS256, &[8; 32]),
            signed(Algorithm::HS512, &[7; 32]),
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            format!("{mina_s}.{signature}"),
        ];
        for token in forged {
            let client = shop.anonymous().with_token(&token);
            assert_eq!(client.error_code("{ me { id } }", json!({})).await, "UNAUTHENTICATED", "{token}");
        }
        // The same claims with the right key are read, so it was not the claims that were refused.
        let client = shop.anonymous().with_token(&ours);
        assert_eq!(client.run("{ me { userId } }", json!({})).await["me"]["userId"], "mina");
    }

    async fn neither_passwords_nor_tokens_are_stored_in_clear(shop: Shop) {
        let first = sign_up(&shop, "mina").await;
        let second = Session::of(&shop, &refresh(&shop, &first.refresh_token).await);
        let contents = shop.contents().await;
        assert_eq!((contents.count("member"), contents.count("refresh_token")), (1, 2));
        let secrets = [
            PASSWORD,
            &first.refresh_token,
            &second.refresh_token,
            first.client.token.as_deref().expect("a token"),
        ];
        for rows in contents.0.values() {
            for row in rows {
                for secret in secrets {
                    assert!(!row.contains(secret), "in clear: {row}");
                    let bytes = format!("{:?}", secret.as_bytes());
                    assert!(!row.contains(bytes.trim_matches(['[', ']'])), "in clear: {row}");
                }
            }
        }
        assert!(contents.0["member"][0].contains("$argon2id$"));
    }

    async fn two_members_with_one_password_have_different_hashes(shop: Shop) {
        sign_up(&shop, "mina").await;
        sign_up(&shop, "jun").await;
        let contents = shop.contents().await;
        let hash = |row: &String| {
            let (_, hash) = row.split_once("password_hash: \"").expect("a hash");
            hash.split('"').next().map(str::to_owned)
        };
        let [one, other] = contents.0["member"].as_slice() else {
            panic!("two members");
        };
        assert_ne!(hash(one), hash(other));
    }
}
