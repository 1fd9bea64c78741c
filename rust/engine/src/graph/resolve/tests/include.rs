//! A file sees what it includes, and prototypes lead to definitions.

use crate::graph::testing::check;

#[test]
fn a_file_sees_what_it_includes_and_prototypes_lead_to_definitions() {
    check(
        "
== kernel/main.c
import linux/fs.h
import main.h
function log() static
function start()
  call log                # -> kernel/main.c#log 1
  call vfs_open           # -> fs/open.c#vfs_open 0.95
  call get_file           # -> include/linux/fs.h#get_file 0.95
  call local              # -> kernel/local.c#local 0.95
  call undeclared         # -> lib/x.c#undeclared 0.7
  call printf             # -> nothing
  call ops->open          # -> nothing
  type file               # -> include/linux/fs.h#file 0.95
== kernel/main.h
function local() declared
== kernel/local.c
function local()
== include/linux/fs.h
struct file
function vfs_open() declared
function get_file() static
== fs/open.c
function vfs_open()
function log() static
== lib/x.c
function undeclared()
function open()
",
    );
}

#[test]
fn equal_definitions_share_and_too_many_make_no_edge() {
    let mut text = String::from(
        "
== main.c
import arch.h
function run()
  call flush              # -> arch/a.c#flush 0.475, arch/b.c#flush 0.475
  call reset              # -> 9 candidates
== arch.h
function flush() declared
function reset() declared
== arch/a.c
function flush()
== arch/b.c
function flush()
",
    );
    for i in 0..9 {
        text += &format!("== soc/{i}.c\nfunction reset()\n");
    }
    check(&text);
}

#[test]
fn an_extension_may_be_left_out() {
    check(
        "
== test/pool.c
import ../lib/helper
function run()
  call open               # -> lib/helper.h#open 0.95
== lib/helper.h
function open()
== other/helper.h
function open()
",
    );
}
