//! Idempotency keys: the first call with a key does the work, the others hear its answer.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{reply::Reply, world::World};

/// The keys that were used, and the answers to repeat.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Keys {
    done: HashMap<String, Done>,
    /// Calls that are at work do not outlive the process, nor do their keys.
    #[serde(skip)]
    running: HashSet<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Done {
    request: String,
    reply: Reply,
    until: DateTime<Utc>,
}

/// What a key was found to be.
#[derive(Debug)]
pub enum Begun {
    /// New: do the work, and tell the answer to the claim.
    New(Claim),
    /// The call that brought it first is still at work.
    Running,
    /// Used before, by a call with this body, which was answered so.
    Done { request: String, reply: Reply },
}

/// A key at work. Dropped with an answer, it keeps the answer; dropped without, the key is free again: so a
/// caller who hangs up leaves the key in order, whatever had happened by then.
#[derive(Debug)]
pub struct Claim {
    world: Arc<World>,
    key: String,
    request: String,
    kept: Option<(Reply, DateTime<Utc>)>,
}

impl Claim {
    /// The call's answer, for whoever brings the key again until then.
    pub fn keep(&mut self, reply: Reply, until: DateTime<Utc>) {
        self.kept = Some((reply, until));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let key = std::mem::take(&mut self.key);
        let request = std::mem::take(&mut self.request);
        let kept = self.kept.take();
        self.world.books.change(|books| {
            books.keys.running.remove(&key);
            if let Some((reply, until)) = kept {
                let done = Done {
                    request,
                    reply,
                    until,
                };
                books.keys.done.insert(key, done);
            }
        });
    }
}

/// Brings a key. Its scope (gateway, method, path) is part of it.
pub fn begin(world: &Arc<World>, key: String, request: &str) -> Begun {
    let now = world.clock.now();
    world.books.with(|books| {
        let keys = &mut books.keys;
        keys.done.retain(|_, done| now < done.until);
        if let Some(done) = keys.done.get(&key) {
            return Begun::Done {
                request: done.request.clone(),
                reply: done.reply.clone(),
            };
        }
        if !keys.running.insert(key.clone()) {
            return Begun::Running;
        }
        Begun::New(Claim {
            world: world.clone(),
            key,
            request: request.to_owned(),
            kept: None,
        })
    })
}
