//! What the buttons of KakaoPay's window do. `ready` opens it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ME;
use crate::{
    buyer::{Button, NotOpen, Pressed, decline, with_query},
    ledger::{Attempt, Failure, Status},
    world::{World, new_name},
};

/// A button is pressed. Agreeing takes no money: the shop has to approve, with the token it is sent.
pub fn press(world: &Arc<World>, reference: &str, button: Button) -> Result<Pressed, NotOpen> {
    let id = world.owner(ME, reference).ok_or(NotOpen)?;
    let decline = decline(world, ME, &id, button);
    let now = world.clock.now();
    let redirect = world.books.change(|books| {
        let attempt = books.ledger.attempt_mut(ME, reference).ok_or(NotOpen)?;
        let urls = attempt.return_urls.clone();
        if attempt.is_overdue(now) {
            // There is no status for it: the attempt stays as it was.
            return Ok(urls.fail);
        }
        let (end, redirect) = match decline {
            Some(failure) => (attempt.fail(Status::Declined, failure, now), urls.fail),
            None if button == Button::Close => {
                let failure = Failure::new("QUIT_PAYMENT", "사용자가 결제를 취소했습니다");
                (attempt.fail(Status::Quit, failure, now), urls.close)
            }
            None => return agree(attempt, now),
        };
        end.map(|()| redirect).map_err(|_| NotOpen)
    })?;
    let before = Vec::new();
    Ok(Pressed { redirect, before })
}

/// The way back carries the token, the same however often the buyer takes it.
fn agree(attempt: &mut Attempt, now: DateTime<Utc>) -> Result<String, NotOpen> {
    if attempt.particulars.token.is_none() {
        let due = attempt.due;
        attempt.authenticate(now, due).map_err(|_| NotOpen)?;
    }
    let token = attempt.particulars.token.get_or_insert_with(new_name);
    let url = &attempt.return_urls.success;
    Ok(with_query(url, &[("pg_token", token)]))
}
