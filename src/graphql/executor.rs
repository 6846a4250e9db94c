use std::sync::Arc;

use async_graphql::{
    Data, Executor, Request, Response,
    parser::types::{OperationDefinition, OperationType},
};
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::{
    ApiError, RequestId, ShopSchema, build_schema,
    document::{Document, Documents},
    error::complete,
    loader::{LoadQueue, drive, drive_stream},
    response_nulls::with_nulls,
    response_order::{chosen, in_query_order},
};
use crate::{
    app::App,
    config::{QUERY_SELECTIONS_MAX, ROOT_FIELDS_MAX},
};

/// What executing needs, made once.
pub struct Api {
    schema: ShopSchema,
    app: Arc<App>,
    documents: Documents,
}

impl Api {
    /// The API of a shop.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        Self {
            schema: build_schema(Some(app.clone())),
            app,
            documents: Documents::default(),
        }
    }
}

/// Executes operations: gives each its loaders, and completes its responses. Both transports use it.
#[derive(Clone)]
pub struct ShopExecutor {
    api: Arc<Api>,
    request_id: RequestId,
    unfinished: TaskTracker,
}

impl ShopExecutor {
    /// For one request, or one WebSocket connection.
    #[must_use]
    pub fn new(api: Arc<Api>, request_id: RequestId) -> Self {
        Self {
            api,
            request_id,
            unfinished: TaskTracker::new(),
        }
    }

    /// The queries and mutations that came as streams and have not been answered. Subscriptions do not
    /// count: they end when the connection does.
    #[must_use]
    pub fn unfinished(&self) -> &TaskTracker {
        &self.unfinished
    }
}

impl Executor for ShopExecutor {
    async fn execute(&self, request: Request) -> Response {
        let queue = LoadQueue::default();
        match self.prepare(request, &queue) {
            Ok((request, finish)) => {
                finish.apply(drive(self.api.schema.execute(request), queue).await)
            }
            Err(refusal) => *refusal,
        }
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let queue = LoadQueue::default();
        let (request, finish) = match self.prepare(request, &queue) {
            Ok(prepared) => prepared,
            Err(refusal) => return stream::once(ready(*refusal)).boxed(),
        };
        let responses = Executor::execute_stream(&self.api.schema, request, session_data);
        let is_subscription = finish
            .operation()
            .is_some_and(|operation| operation.ty == OperationType::Subscription);
        let responses = drive_stream(responses, queue).map(move |response| finish.apply(response));
        if is_subscription {
            responses.boxed()
        } else {
            self.answered_once(responses.boxed())
        }
    }
}

impl ShopExecutor {
    /// The one response of a query or mutation, made in a task of its own: a client that hangs up cancels
    /// nothing half-way. It is unfinished until it was made, and taken or given up.
    fn answered_once(
        &self,
        mut responses: BoxStream<'static, Response>,
    ) -> BoxStream<'static, Response> {
        let taken = self.unfinished.token();
        let made = self
            .unfinished
            .spawn(async move { responses.next().await }.in_current_span());
        let request_id = self.request_id.clone();
        let response = async move {
            made.await.unwrap_or_else(|error| {
                let failed = vec![ApiError::internal(error).at_the_root()];
                Some(complete(Response::from_errors(failed), &request_id))
            })
        };
        let response = stream::once(response).filter_map(move |response| {
            let _until_the_stream_ends = &taken;
            ready(response)
        });
        response.boxed()
    }

    /// The request with its document and loaders, and what is to be done to its responses; or its refusal.
    fn prepare(
        &self,
        mut request: Request,
        queue: &LoadQueue,
    ) -> Result<(Request, Finish), Box<Response>> {
        let refuse = |error| {
            let response = Response::from_errors(vec![error]);
            Box::new(complete(response, &self.request_id))
        };
        let document = self.api.documents.read(&request.query).map_err(refuse)?;
        request.set_parsed_query(document.executable.clone());
        let finish = Finish {
            document,
            operation_name: request.operation_name.clone(),
            request_id: self.request_id.clone(),
        };
        finish
            .check()
            .map_err(|error| refuse(error.at_the_root()))?;
        Ok((request.data(queue.loaders(self.api.app.db.clone())), finish))
    }
}

/// What is done to each response of a request before it leaves.
struct Finish {
    document: Arc<Document>,
    operation_name: Option<String>,
    request_id: RequestId,
}

impl Finish {
    fn operation(&self) -> Option<&OperationDefinition> {
        chosen(&self.document.executable, self.operation_name.as_deref())
    }

    /// Whether the operation is small enough to be looked at closer.
    fn check(&self) -> Result<(), ApiError> {
        if self.document.selections > QUERY_SELECTIONS_MAX {
            let message = format!("The query selects more than {QUERY_SELECTIONS_MAX} fields.");
            return Err(ApiError::TooComplex(message));
        }
        let operation = self.operation();
        if operation
            .is_some_and(|operation| operation.selection_set.node.items.len() > ROOT_FIELDS_MAX)
        {
            let message = format!("An operation has at most {ROOT_FIELDS_MAX} fields at its root.");
            return Err(ApiError::TooComplex(message));
        }
        Ok(())
    }

    fn apply(&self, mut response: Response) -> Response {
        if let Some(operation) = self.operation() {
            let document = &self.document.executable;
            let data = std::mem::take(&mut response.data);
            let data = with_nulls(data, &response.errors, document, operation);
            response.data = in_query_order(data, document, operation);
        }
        complete(response, &self.request_id)
    }
}
