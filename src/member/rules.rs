//! What a user id, a nickname and a password may be.

use crate::text::{Message, message};

/// Who wants to become a member.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub user_id: String,
    pub password: String,
    pub nickname: String,
}

/// A field that breaks its rule, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    pub field: &'static str,
    pub message: Message,
}

impl NewMember {
    /// The same member in normal form, or the first field at fault.
    pub fn checked(self) -> Result<Self, InvalidField> {
        let user_id = normalized(&self.user_id);
        if !is_user_id(&user_id) {
            return Err(invalid("userId", message!("member-bad-user-id")));
        }
        let nickname = self.nickname.trim().to_owned();
        if !(1..=30).contains(&nickname.chars().count()) || nickname.contains(char::is_control) {
            return Err(invalid("nickname", message!("member-bad-nickname")));
        }
        let password = checked_password(self.password, "password")?;
        Ok(Self {
            user_id,
            password,
            nickname,
        })
    }
}

/// The password as it is, or why it cannot be one. `field` is the input field it came from.
pub fn checked_password(password: String, field: &'static str) -> Result<String, InvalidField> {
    if (8..=128).contains(&password.chars().count()) {
        Ok(password)
    } else {
        Err(invalid(field, message!("member-bad-password")))
    }
}

/// User ids are alike in upper and lower case.
pub fn normalized(user_id: &str) -> String {
    user_id.trim().to_ascii_lowercase()
}

/// Whether it is a user id in normal form.
pub fn is_user_id(text: &str) -> bool {
    (3..=32).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn invalid(field: &'static str, message: Message) -> InvalidField {
    InvalidField { field, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user_id: &str, password: &str, nickname: &str) -> Result<NewMember, &'static str> {
        NewMember {
            user_id: user_id.into(),
            password: password.into(),
            nickname: nickname.into(),
        }
        .checked()
        .map_err(|refusal| refusal.field)
    }

    #[test]
    fn a_member_is_put_into_normal_form() {
        let member = check(" Mina.Kim-2 ", "correct horse", "  민아 ").unwrap();
        assert_eq!(
            (member.user_id.as_str(), member.nickname.as_str()),
            ("mina.kim-2", "민아")
        );
    }

    #[test]
    fn the_field_at_fault_is_named() {
        for user_id in [
            "",
            "ab",
            ".ab",
            "-ab",
            "민아민아",
            "has space",
            &"a".repeat(33),
        ] {
            assert_eq!(
                check(user_id, "correct horse", "민아").unwrap_err(),
                "userId",
                "{user_id}"
            );
        }
        for nickname in ["", "   ", "a\nb", &"가".repeat(31)] {
            assert_eq!(
                check("mina", "correct horse", nickname).unwrap_err(),
                "nickname"
            );
        }
        for password in ["", "1234567", &"p".repeat(129)] {
            assert_eq!(check("mina", password, "민아").unwrap_err(), "password");
        }
    }
}
