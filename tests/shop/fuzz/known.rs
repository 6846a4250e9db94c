use std::collections::BTreeMap;

use serde_json::Value;

use super::dice::Dice;

/// So many things of a kind are remembered.
const KEPT_MAX: usize = 40;

/// The characters of an id after its prefix.
const ID_SUFFIX: usize = 26;

/// What the server has told, for it to be asked about: ids by their prefixes, and other texts by their fields.
#[derive(Default)]
pub struct Known {
    ids: BTreeMap<String, Vec<String>>,
    texts: BTreeMap<String, Vec<String>>,
}

impl Known {
    /// Remembers what an answer tells. The names of its fields may end in a number, as [`key`] makes them.
    pub fn learn(&mut self, answer: &Value, dice: &mut Dice) {
        match answer {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let texts = value
                        .as_array()
                        .map_or(std::slice::from_ref(value), Vec::as_slice);
                    for text in texts.iter().filter_map(Value::as_str) {
                        self.remember(field(key), text, dice);
                    }
                    self.learn(value, dice);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item, dice)),
            _ => {}
        }
    }

    fn remember(&mut self, field: &str, text: &str, dice: &mut Dice) {
        let (kind, kept) = match prefix(text) {
            Some(prefix) => (prefix, &mut self.ids),
            None => (field, &mut self.texts),
        };
        let kept = kept.entry(kind.to_owned()).or_default();
        if kept.iter().any(|it| it == text) {
            return;
        }
        if kept.len() < KEPT_MAX {
            kept.push(text.to_owned());
        } else {
            let place = dice.below(KEPT_MAX);
            text.clone_into(&mut kept[place]);
        }
    }

    /// An id with that prefix, if one is known.
    pub fn id(&self, prefix: &str, dice: &mut Dice) -> Option<String> {
        let kept = self.ids.get(prefix)?;
        Some(dice.pick(kept))
    }

    /// An id of anything, if one is known.
    pub fn any_id(&self, dice: &mut Dice) -> Option<String> {
        let kinds = self.ids.values().collect::<Vec<_>>();
        if kinds.is_empty() {
            return None;
        }
        let kind = dice.pick(&kinds);
        Some(dice.pick(kind).clone())
    }

    /// What one of these fields has told, if anything.
    pub fn text(&self, fields: &[&str], dice: &mut Dice) -> Option<String> {
        let kept = self.texts.get(dice.pick(fields))?;
        Some(dice.pick(kept))
    }
}

/// The response key of a field, which no other has.
pub fn key(field: &str, number: usize) -> String {
    format!("{field}_{number}")
}

/// The field of a response key.
pub fn field(key: &str) -> &str {
    let (field, number) = key.rsplit_once('_').unwrap_or((key, ""));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { field } else { key }
}

fn prefix(text: &str) -> Option<&str> {
    let (prefix, suffix) = text.rsplit_once('_')?;
    let is_of_id = suffix.len() == ID_SUFFIX && suffix.bytes().all(|it| it.is_ascii_alphanumeric());
    is_of_id.then_some(prefix)
}
