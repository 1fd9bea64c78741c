//! Compiles the walk over syntax trees against the headers of the tree-sitter that this build links.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-changed=native/walk.c");
    let include = PathBuf::from(env::var("DEP_TREE_SITTER_INCLUDE").expect("tree-sitter says where its headers lie"));
    let sources = include.parent().expect("they lie in its folder").join("src");
    cc::Build::new().std("c11").include(&include).include(sources).file("native/walk.c").compile("leindex-walk");
}
