use std::{
    pin::Pin,
    task::{Context, Poll},
};

use async_graphql::Response;
use futures_util::{
    FutureExt, Stream, StreamExt,
    future::ready,
    stream::{self, BoxStream},
};

use crate::{
    graphql::Begun,
    listener::{Place, Subscribes},
};

/// An operation on a connection. Its responses are followed by a `None`, so that its end is heard of.
pub struct Operation {
    responses: BoxStream<'static, Option<Response>>,
    subscribes: Option<Subscribes>,
}

impl Operation {
    pub fn new(begun: Begun, place: &Place) -> Self {
        match begun {
            Begun::Answer(response) => Self {
                responses: response
                    .map(|response| stream::iter([Some(response), None]))
                    .flatten_stream()
                    .boxed(),
                subscribes: None,
            },
            Begun::Events(responses) => Self {
                responses: responses.map(Some).chain(stream::once(ready(None))).boxed(),
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
        self.responses.poll_next_unpin(context)
    }
}
