use std::sync::Arc;

use async_graphql::{
    Data, Executor, Request, Response,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
};
use futures_util::{
    StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use tokio_util::task::TaskTracker;

use super::{
    ApiError, RequestId, ShopSchema,
    error::complete,
    expansion::expanded_selections,
    loader::{LoadQueue, drive, drive_stream},
    response_nulls::with_nulls,
    response_order::{chosen, in_query_order},
};
use crate::{
    app::App,
    config::{QUERY_SELECTIONS_MAX, ROOT_FIELDS_MAX},
};

/// Executes operations: gives each its loaders, and completes its responses. Both transports use it.
#[derive(Clone)]
pub struct ShopExecutor {
    schema: ShopSchema,
    app: Arc<App>,
    request_id: RequestId,
    unfinished: TaskTracker,
}

impl ShopExecutor {
    /// For one request, or one WebSocket connection.
    #[must_use]
    pub fn new(schema: ShopSchema, app: Arc<App>, request_id: RequestId) -> Self {
        Self {
            schema,
            app,
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
    async fn execute(&self, mut request: Request) -> Response {
        let queue = LoadQueue::default();
        let finish = Finish::of(&mut request, &self.request_id);
        let request = request.data(queue.loaders(self.app.db.clone()));
        match finish.check() {
            Ok(()) => finish.apply(drive(self.schema.execute(request), queue).await),
            Err(error) => finish.refuse(error),
        }
    }

    fn execute_stream(
        &self,
        mut request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let queue = LoadQueue::default();
        let finish = Finish::of(&mut request, &self.request_id);
        let request = request.data(queue.loaders(self.app.db.clone()));
        if let Err(error) = finish.check() {
            return stream::once(ready(finish.refuse(error))).boxed();
        }
        let responses = Executor::execute_stream(&self.schema, request, session_data);
        let is_answered_once = finish
            .operation()
            .is_some_and(|operation| operation.ty != OperationType::Subscription);
        let unfinished = is_answered_once.then(|| self.unfinished.token());
        let responses = drive_stream(responses, queue).map(move |response| {
            let _until_the_stream_ends = &unfinished;
            finish.apply(response)
        });
        responses.boxed()
    }
}

/// What is done to each response of a request before it leaves.
struct Finish {
    /// A document that cannot be read gives no data to be put in order.
    document: Option<ExecutableDocument>,
    operation_name: Option<String>,
    request_id: RequestId,
}

impl Finish {
    fn of(request: &mut Request, request_id: &RequestId) -> Self {
        Self {
            document: request.parsed_query().ok().cloned(),
            operation_name: request.operation_name.clone(),
            request_id: request_id.clone(),
        }
    }

    fn operation(&self) -> Option<&OperationDefinition> {
        chosen(self.document.as_ref()?, self.operation_name.as_deref())
    }

    /// Whether the operation is small enough to be looked at closer.
    fn check(&self) -> Result<(), ApiError> {
        let Some(document) = &self.document else {
            return Ok(());
        };
        if expanded_selections(document) > QUERY_SELECTIONS_MAX {
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

    fn refuse(&self, error: ApiError) -> Response {
        complete(
            Response::from_errors(vec![error.at_the_root()]),
            &self.request_id,
        )
    }

    fn apply(&self, mut response: Response) -> Response {
        if let (Some(document), Some(operation)) = (&self.document, self.operation()) {
            let data = std::mem::take(&mut response.data);
            let data = with_nulls(data, &response.errors, document, operation);
            response.data = in_query_order(data, document, operation);
        }
        complete(response, &self.request_id)
    }
}
