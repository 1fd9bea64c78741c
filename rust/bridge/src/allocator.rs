//! One allocator for everything native: extraction makes many small vectors and frees them on other threads, and the
//! parser makes and drops millions of tree nodes, neither of which the system's allocator likes.

use std::ffi::{c_int, c_long};

use leindex_engine::syntax::{arena, parse};
use libmimalloc_sys::mi_option_set_default;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`, which the bindings do not name.
const PURGE_DELAY: c_int = 15;
/// Milliseconds before freed memory goes back to the system: the next file needs it again long before that.
const KEEP: c_long = 1000;

/// Sets the allocator up and makes tree-sitter use it, too. To be called once, before the first parser.
pub fn set_up() {
    // SAFETY: an option of the allocator, set while the module is being loaded.
    unsafe { mi_option_set_default(PURGE_DELAY, KEEP) };
    // SAFETY: the module is being loaded, so no object of tree-sitter exists and nothing else calls it; the four
    // functions belong together, return no null, and align for every C type.
    unsafe { tree_sitter::set_allocator(Some(arena::allocator())) };
}

/// Gives tree-sitter back the allocator that it comes with: what the benchmarks compare with.
///
/// Raises RuntimeError when something was parsed already.
#[pyfunction]
pub fn use_system_allocator() -> PyResult<()> {
    if parse::has_begun() {
        return Err(PyRuntimeError::new_err("something was parsed already; call this first in a process of its own"));
    }
    // SAFETY: no parser and no tree exists yet, and benchmarks call this from their only thread.
    unsafe { tree_sitter::set_allocator(None) };
    Ok(())
}
