use std::{
    future::ready,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_graphql::Response;
use futures_util::{
    FutureExt, Stream, StreamExt,
    stream::{self, BoxStream},
};

use crate::{
    graphql::Begun,
    listener::{Place, Subscribes},
};

/// An operation on a connection. Its responses are followed by a `None`, so that its end is heard of.
pub struct Operation {
    /// `None` when its end was told.
    responses: Option<BoxStream<'static, Response>>,
    subscribes: Option<Subscribes>,
}

impl Operation {
    pub fn new(begun: Begun, place: &Place) -> Self {
        match begun {
            Begun::Refused(response) => Self {
                responses: Some(stream::once(ready(*response)).boxed()),
                subscribes: None,
            },
            Begun::Answer(response) => Self {
                responses: Some(response.into_stream().boxed()),
                subscribes: None,
            },
            Begun::Events(responses) => Self {
                responses: Some(responses),
                subscribes: Some(place.subscribes()),
            },
        }
    }

    /// Whether it is a subscription, which has no end of its own.
    pub fn is_subscription(&self) -> bool {
        self.subscribes.is_some()
    }
}

impl Stream for Operation {
    type Item = Option<Response>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(responses) = &mut self.responses else {
            return Poll::Ready(None);
        };
        let response = ready!(responses.poll_next_unpin(context));
        if response.is_none() {
            self.responses = None;
        }
        Poll::Ready(Some(response))
    }
}
