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
fn members_written_outside_their_type_and_what_namespaces_hold_are_found_by_receiver() {
    check(
        "
== shop/cart.hpp
module shop
  class Base
    method close()
  class List
    method size()
  class Cart(Base)
    let items_: List
    method add() declared
    method total()
  function open()
== shop/cart.cpp
import shop/cart.hpp
method add() of Cart
  call total              # -> shop/cart.hpp#total 0.95
  call close              # -> shop/cart.hpp#close 0.9
  call items_.size        # -> shop/cart.hpp#size 0.9
  call open               # -> shop/cart.hpp#open 0.95
method pay() of Cart
  let item: List
  call this->total        # -> shop/cart.hpp#total 0.95
  call item.size          # -> shop/cart.hpp#size 0.9
  call shop::open         # -> shop/cart.hpp#open 0.95
method drop() of Cart
  call size               # -> nothing
  call std::open          # -> nothing
== shop/till.cpp
import shop/cart.hpp
function run()
  let cart: Cart
  call cart.add           # -> shop/cart.cpp#add 0.9
  call cart.close         # -> shop/cart.hpp#close 0.9
  call unknown.size       # -> shop/cart.hpp#size 0.4
  call Cart::total        # -> shop/cart.hpp#total 0.95
  type shop::Cart         # -> shop/cart.hpp#Cart 0.95
== shop/sale.cpp
import shop/cart.hpp
class Sale(Cart)
  method run()
    call total            # -> shop/cart.hpp#total 0.9
",
    );
}
