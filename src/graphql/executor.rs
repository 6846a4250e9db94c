use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response};
use futures_util::{StreamExt, stream::BoxStream};

use super::{
    RequestId, ShopSchema,
    error::complete,
    loader::{LoadQueue, drive, drive_stream},
};
use crate::app::App;

/// Executes operations: gives each its loaders, and completes its errors. Both transports use it.
#[derive(Clone)]
pub struct ShopExecutor {
    schema: ShopSchema,
    app: Arc<App>,
    request_id: RequestId,
}

impl ShopExecutor {
    /// For one request, or one WebSocket connection.
    #[must_use]
    pub fn new(schema: ShopSchema, app: Arc<App>, request_id: RequestId) -> Self {
        Self {
            schema,
            app,
            request_id,
        }
    }
}

impl Executor for ShopExecutor {
    async fn execute(&self, request: Request) -> Response {
        let queue = LoadQueue::default();
        let request = request.data(queue.loaders(self.app.db.clone()));
        complete(
            drive(self.schema.execute(request), queue).await,
            &self.request_id,
        )
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let queue = LoadQueue::default();
        let request = request.data(queue.loaders(self.app.db.clone()));
        let responses = Executor::execute_stream(&self.schema, request, session_data);
        let request_id = self.request_id.clone();
        drive_stream(responses, queue)
            .map(move |response| complete(response, &request_id))
            .boxed()
    }
}
