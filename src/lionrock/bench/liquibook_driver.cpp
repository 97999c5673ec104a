// Plays one of our flows through liquibook, the C++ matching library, and prints what came of it as one line of JSON.
//
//   driver FIRST_COMMANDS FLOW     the first so many commands build the book and are not timed
//
// FLOW is a file of our 128-byte records of orders in one market. What a user of the library would do once is not timed:
// records are decoded into plain structs, and all order objects are made beforehand in one array. Orders are handed over
// as bare pointers to a class without virtual functions, the cheapest of the ways the library offers. Fills are counted
// in its own hook; nothing else is done with them.
//
// Where liquibook means something else than we do:
//   - its replace() sends an order to the back of the queue even when only size is taken off. Such an amendment finds
//     the order with the library's own function and changes its size in place, which is less work than replace().
//   - it matches and knows no accounts, funds, fees or records of events.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "book/order_book.h"
#include "layout.h"  // where the fields of our records lie; written from the records' definitions

namespace lb = liquibook::book;

class Order {
public:
  bool is_buy() const { return is_buy_; }
  lb::Price price() const { return price_; }
  lb::Price stop_price() const { return 0; }
  lb::Quantity order_qty() const { return size_; }
  bool all_or_none() const { return false; }
  bool immediate_or_cancel() const { return immediate_; }

  lb::Price price_ = 0;
  lb::Quantity size_ = 0;
  bool is_buy_ = false;
  bool immediate_ = false;
};

class Book : public lb::OrderBook<Order*> {
public:
  // Take size off an order that keeps its place.
  void reduce(Order* order, int64_t delta) {
    TrackerMap::iterator at;
    if (!find_on_market(order, at)) {
      throw std::runtime_error("an order to reduce does not rest");
    }
    at->second.change_qty(delta);
  }

  uint64_t trades = 0;
  uint64_t volume_lots = 0;

protected:
  void on_fill(Order* const&, Order* const&, lb::Quantity quantity, lb::Price, bool, bool) override {
    ++trades;
    volume_lots += quantity;
  }
};

struct Operation {
  enum Kind : uint8_t { ADD, CANCEL, REPLACE, REDUCE } kind;
  Order* order;
  int64_t size_delta;
  lb::Price price;
};

template <typename Number>
Number field(const char* record, std::size_t offset) {
  Number value;
  std::memcpy(&value, record + offset, sizeof value);
  return value;
}

std::vector<char> contents(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<char> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw std::runtime_error("the flow cannot be read");
  }
  return bytes;
}

// Orders by their id, in the order in which they are placed, and what is done with them.
class Flow {
public:
  explicit Flow(const std::vector<char>& bytes) {
    const std::size_t count = bytes.size() / RECORD_BYTES;
    orders_.resize(count + 1);  // never grows again: operations point into it
    shown_.resize(count + 1);
    operations.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      read(bytes.data() + i * RECORD_BYTES);
    }
  }

  std::vector<Operation> operations;

private:
  struct Shown {  // price and size that the commands so far give an order
    int64_t price;
    int64_t size;
  };
  std::vector<Order> orders_;
  std::vector<Shown> shown_;

  void read(const char* record) {
    switch (field<uint16_t>(record, 0)) {
      case PLACE_ORDER: return place(record);
      case AMEND_ORDER: return amend(record);
      case CANCEL_ORDER:
        operations.push_back({Operation::CANCEL, &orders_.at(field<uint64_t>(record, CANCEL_ORDER_ID)), 0, 0});
        return;
      default: throw std::runtime_error("a command that the driver does not know");
    }
  }

  void place(const char* record) {
    const auto id = field<uint64_t>(record, PLACE_ORDER_ID);
    Order& order = orders_.at(id);
    shown_.at(id) = {field<int64_t>(record, PLACE_PRICE_TICKS), field<int64_t>(record, PLACE_SIZE_LOTS)};
    order.price_ = static_cast<lb::Price>(shown_[id].price);
    order.size_ = static_cast<lb::Quantity>(shown_[id].size);
    order.is_buy_ = field<uint8_t>(record, PLACE_SIDE) == SIDE_BUY;
    order.immediate_ = field<uint8_t>(record, PLACE_TIME_IN_FORCE) == IMMEDIATE_OR_CANCEL;
    operations.push_back({Operation::ADD, &order, 0, 0});
  }

  void amend(const char* record) {
    const auto id = field<uint64_t>(record, AMEND_ORDER_ID);
    const Shown now = {field<int64_t>(record, AMEND_PRICE_TICKS), field<int64_t>(record, AMEND_SIZE_LOTS)};
    const bool keeps_place = now.price == shown_.at(id).price && now.size <= shown_[id].size;
    operations.push_back({keeps_place ? Operation::REDUCE : Operation::REPLACE, &orders_[id],
                          now.size - shown_[id].size, static_cast<lb::Price>(now.price)});
    shown_[id] = now;
  }
};

void play(Book& book, const Operation* from, const Operation* to) {
  for (const Operation* operation = from; operation != to; ++operation) {
    Order* order = operation->order;
    switch (operation->kind) {
      case Operation::ADD:
        book.add(order, order->immediate_ ? lb::oc_immediate_or_cancel : lb::oc_no_conditions);
        break;
      case Operation::CANCEL:
        book.cancel(order);
        break;
      case Operation::REPLACE:
        book.replace(order, operation->size_delta, operation->price);
        order->price_ = operation->price;  // the library finds an order by its price and leaves it to us to keep it
        order->size_ += static_cast<lb::Quantity>(operation->size_delta);
        break;
      case Operation::REDUCE:
        book.reduce(order, operation->size_delta);
        order->size_ += static_cast<lb::Quantity>(operation->size_delta);
        break;
    }
  }
}

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: driver FIRST_COMMANDS FLOW\n");
    return 2;
  }
  const Flow flow(contents(arguments[2]));
  const std::size_t first = std::stoul(arguments[1]);
  const Operation* operations = flow.operations.data();
  const Operation* end = operations + flow.operations.size();
  Book book;
  play(book, operations, operations + first);
  book.trades = book.volume_lots = 0;
  const std::clock_t start = std::clock();  // of the processor, as our side is timed
  play(book, operations + first, end);
  const double taken = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const auto played = static_cast<double>(flow.operations.size() - first);
  std::printf("{\"operations_per_s\": %.0f, \"trades\": %llu, \"volume_lots\": %llu}\n", played / taken,
              static_cast<unsigned long long>(book.trades), static_cast<unsigned long long>(book.volume_lots));
  return 0;
}
