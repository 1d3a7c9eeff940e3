//! Errors of join handles, as `?` and logs use them.

use std::{cell::Cell, error::Error, rc::Rc};

use flagstone::task::{JoinError, LocalExecutor};

/// An output that is neither `Send` nor `Sync`.
type Output = Rc<Cell<u8>>;

fn failed(task: impl Future<Output = Output> + 'static, cancel: bool) -> JoinError<Output> {
    let executor = LocalExecutor::new();
    let mut handle = executor.spawn(task);
    if cancel {
        handle.cancel();
    }
    executor.block_on(&mut handle).unwrap_err()
}

#[test]
fn debug_shows_the_message_of_the_panic() {
    let error = failed(async { panic!("as told, {}", 7) }, false);
    assert!(format!("{error:?}").contains("message: Some(\"as told, 7\")"), "{error:?}");
    assert!(error.to_string().ends_with("panicked: as told, 7"), "{error}");
    let error = failed(async { std::panic::panic_any(7_u8) }, false);
    assert!(format!("{error:?}").contains("message: None"), "{error:?}");
}

#[test]
fn an_error_without_the_output_goes_where_errors_go() {
    async fn fails(cancel: bool) -> Result<(), Box<dyn Error + Send + Sync>> {
        let error = failed(async { panic!("as told") }, cancel);
        let id = error.id();
        let error = error.without_output();
        assert!(error.id() == id && error.is_cancelled() == cancel && error.is_panic() != cancel);
        Err(error)?
    }
    LocalExecutor::new().block_on(async {
        assert!(fails(false).await.unwrap_err().to_string().ends_with("panicked: as told"));
        assert!(fails(true).await.unwrap_err().to_string().ends_with("was cancelled"));
    });
}
