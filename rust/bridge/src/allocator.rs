//! One allocator for everything native: extraction makes many small vectors and frees them on other threads, and the
//! parser makes and drops millions of tree nodes, neither of which the system's allocator likes.

use std::alloc::{Layout, handle_alloc_error};
use std::ffi::c_void;

use libmimalloc_sys::{mi_free, mi_malloc, mi_realloc, mi_zalloc};
use tree_sitter::Allocator;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Makes tree-sitter use the allocator, too. To be called once, before the first parser.
pub fn share_with_tree_sitter() {
    let shared = Allocator { malloc, calloc, realloc, free: mi_free };
    // SAFETY: the module is being loaded, so no object of tree-sitter exists and nothing else calls it; the four
    // functions belong together, return no null, and align for every C type.
    unsafe { tree_sitter::set_allocator(Some(shared)) };
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
