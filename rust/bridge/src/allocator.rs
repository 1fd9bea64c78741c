//! One allocator for everything native: extraction makes many small vectors and frees them on other threads, and the
//! parser makes and drops millions of tree nodes, neither of which the system's allocator likes.

use std::alloc::{Layout, handle_alloc_error};
use std::ffi::{c_int, c_long, c_void};

use leindex_engine::syntax::parse;
use libmimalloc_sys::{mi_free, mi_malloc, mi_option_set_default, mi_realloc, mi_zalloc};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tree_sitter::Allocator;

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
    let shared = Allocator { malloc, calloc, realloc, free: mi_free };
    // SAFETY: the module is being loaded, so no object of tree-sitter exists and nothing else calls it; the four
    // functions belong together, return no null, and align for every C type.
    unsafe { tree_sitter::set_allocator(Some(shared)) };
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

unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    sound(unsafe { mi_malloc(size) }, size)
}

unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let size = count.saturating_mul(size);
    // SAFETY: any size may be asked for.
    sound(unsafe { mi_zalloc(size) }, size)
}

unsafe extern "C" fn realloc(pointer: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: tree-sitter passes null or what one of these functions gave it.
    sound(unsafe { mi_realloc(pointer, size) }, size)
}

/// What was allocated; without memory the program ends, as everywhere in Rust.
fn sound(pointer: *mut c_void, size: usize) -> *mut c_void {
    if pointer.is_null() && size > 0 {
        handle_alloc_error(Layout::from_size_align(size, 1).unwrap_or(Layout::new::<u8>()));
    }
    pointer
}
