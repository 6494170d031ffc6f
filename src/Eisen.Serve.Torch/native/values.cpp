#include "values.h"

#include "device.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

#include <cstring>
#include <limits>
#include <stdexcept>

namespace eisen {
namespace {

constexpr int kMaxDepth = 64;

[[noreturn]] void refuse(const std::string& text) { throw std::invalid_argument(text); }

bool scalar_type_of(int32_t dtype, at::ScalarType& type) {
    switch (dtype) {
        case 1: type = at::kHalf; return true;
        case 2: type = at::kBFloat16; return true;
        case 3: type = at::kFloat; return true;
        case 4: type = at::kDouble; return true;
        case 5: type = at::kChar; return true;
        case 6: type = at::kByte; return true;
        case 7: type = at::kShort; return true;
        case 8: type = at::kInt; return true;
        case 9: type = at::kLong; return true;
        case 10: type = at::kBool; return true;
        default: return false;
    }
}

int32_t dtype_of(at::ScalarType type) {
    for (int32_t dtype = 1; dtype <= 10; dtype++) {
        at::ScalarType candidate;
        if (scalar_type_of(dtype, candidate) && candidate == type) return dtype;
    }
    return 0;
}

class ArgumentReader {
public:
    ArgumentReader(const eisen_value* values, int64_t count, c10::Device device, BorrowedMemory& borrowed)
        : next_(values), end_(values + count), device_(device), borrowed_(borrowed) {}

    c10::IValue read(const c10::TypePtr& expected, int depth = 0) {
        if (next_ == end_) refuse("The arguments end in the middle of a value.");
        if (depth > kMaxDepth) refuse("The arguments are nested deeper than " + std::to_string(kMaxDepth) + " levels.");

        const c10::TypePtr type = without_optional(expected);
        const eisen_value& node = *next_++;
        switch (node.kind) {
            case EISEN_NONE: return c10::IValue();
            case EISEN_BOOL: return c10::IValue(node.integer != 0);
            case EISEN_INT:
                // As Python does when it calls TorchScript: an int is a float where a float is wanted.
                return type->kind() == c10::TypeKind::FloatType ? c10::IValue(static_cast<double>(node.integer)) : c10::IValue(node.integer);
            case EISEN_FLOAT: return c10::IValue(node.real);
            case EISEN_STRING: return c10::IValue(std::string(static_cast<const char*>(node.data), length_of(node)));
            case EISEN_TENSOR: return c10::IValue(tensor(node));
            case EISEN_LIST: return list(node, type, depth);
            case EISEN_TUPLE: return tuple(node, type, depth);
            case EISEN_DICT: return dict(node, type, depth);
            default: refuse("There is no kind of value with the number " + std::to_string(node.kind) + ".");
        }
    }

    bool at_end() const { return next_ == end_; }

private:
    static c10::TypePtr without_optional(const c10::TypePtr& type) {
        if (auto optional = type->cast<c10::OptionalType>()) return optional->getElementType();
        return type;
    }

    static size_t length_of(const eisen_value& node) {
        if (node.bytes < 0 || (node.bytes > 0 && node.data == nullptr)) refuse("A value's size is negative, or its data is missing.");
        return static_cast<size_t>(node.bytes);
    }

    // How many children can still come bounds what a count may say, before anything is reserved for it.
    int64_t count_of(const eisen_value& node, int64_t nodes_each) const {
        if (node.count < 0 || node.count > (end_ - next_) / nodes_each) refuse("A list, tuple or dict says it has more items than were given.");
        return node.count;
    }

    at::Tensor tensor(const eisen_value& node) {
        at::ScalarType type;
        if (!scalar_type_of(node.dtype, type)) refuse("There is no dtype with the number " + std::to_string(node.dtype) + ".");
        if (node.count < 0 || node.count > kMaxDepth) refuse("A tensor has between 0 and 64 dimensions, not " + std::to_string(node.count) + ".");
        if (node.count > 0 && node.shape == nullptr) refuse("A tensor's shape is missing.");

        const auto item = static_cast<int64_t>(c10::elementSize(type));
        int64_t elements = 1;
        bool overflow = false;
        bool empty = false;
        for (int64_t i = 0; i < node.count; i++) {
            const int64_t dimension = node.shape[i];
            if (dimension < 0) refuse("A tensor's dimension is negative: " + std::to_string(dimension) + ".");
            if (dimension == 0) empty = true;
            else if (elements > std::numeric_limits<int64_t>::max() / item / dimension) overflow = true;
            else elements *= dimension;
        }
        // libtorch multiplies the other dimensions of an empty tensor for its strides, so that they, too, must fit.
        if (overflow) refuse("A tensor's shape overflows 64 bits.");
        if (empty) elements = 0;
        if (node.bytes != elements * item)
            refuse("A tensor's shape takes " + std::to_string(elements * item) + " bytes, but " + std::to_string(node.bytes) + " were given.");
        if (node.bytes > 0 && node.data == nullptr) refuse("A tensor's data is missing.");

        const at::IntArrayRef shape(node.shape, static_cast<size_t>(node.count));
        const auto options = at::TensorOptions().dtype(type);
        if (node.bytes == 0) return at::empty(shape, options.device(device_));
        at::Tensor wrapped = at::from_blob(const_cast<void*>(node.data), shape, options);
        if (!device_.is_cpu()) return to_device(wrapped, device_);
        borrowed_.add(wrapped);
        return wrapped;
    }

    c10::IValue item(const c10::TypePtr& type, const char* what, int depth) {
        c10::IValue value = read(type, depth + 1);
        // A generic container does not check what is put into it, and reading an item of another type would be a crash.
        if (type->kind() != c10::TypeKind::AnyType && !value.type()->isSubtypeOf(*type))
            refuse(std::string("A ") + what + " of " + type->repr_str() + " was given a " + value.type()->repr_str() + ".");
        return value;
    }

    // Where the signature says Any, the first item decides what a container holds, as torch does for a Python list.
    // Without the shapes that a tensor's own type has: the next one may have others.
    c10::IValue first_item(c10::TypePtr& type, int depth) {
        c10::IValue value = read(c10::AnyType::get(), depth + 1);
        type = c10::unshapedType(value.type());
        return value;
    }

    c10::IValue list(const eisen_value& node, const c10::TypePtr& type, int depth) {
        const int64_t count = count_of(node, 1);
        const auto declared = type->cast<c10::ListType>();
        c10::TypePtr element = declared ? declared->getElementType() : c10::TensorType::get();
        c10::IValue first;
        const bool inferred = !declared && count > 0;
        if (inferred) first = first_item(element, depth);
        c10::impl::GenericList items(element);
        items.reserve(static_cast<size_t>(count));
        if (inferred) items.push_back(std::move(first));
        for (int64_t i = inferred ? 1 : 0; i < count; i++) items.push_back(item(element, "list", depth));
        return c10::IValue(std::move(items));
    }

    c10::IValue tuple(const eisen_value& node, const c10::TypePtr& type, int depth) {
        const int64_t count = count_of(node, 1);
        const auto declared = type->cast<c10::TupleType>();
        const bool known = declared && static_cast<int64_t>(declared->elements().size()) == count;
        std::vector<c10::IValue> items;
        items.reserve(static_cast<size_t>(count));
        for (int64_t i = 0; i < count; i++) items.push_back(read(known ? declared->elements()[static_cast<size_t>(i)] : c10::AnyType::get(), depth + 1));
        return known && declared->schema() ? c10::IValue(c10::ivalue::Tuple::createNamed(std::move(items), declared))
                                           : c10::IValue(c10::ivalue::Tuple::create(std::move(items)));
    }

    c10::IValue dict(const eisen_value& node, const c10::TypePtr& type, int depth) {
        const int64_t count = count_of(node, 2);
        const auto declared = type->cast<c10::DictType>();
        c10::TypePtr key = declared ? declared->getKeyType() : c10::StringType::get();
        c10::TypePtr element = declared ? declared->getValueType() : c10::TensorType::get();
        c10::IValue first_key;
        c10::IValue first_value;
        const bool inferred = !declared && count > 0;
        if (inferred) {
            first_key = checked_key(first_item(key, depth));
            first_value = first_item(element, depth);
        }
        c10::impl::GenericDict items(key, element);
        items.reserve(static_cast<size_t>(count));
        if (inferred) items.insert_or_assign(std::move(first_key), std::move(first_value));
        for (int64_t i = inferred ? 1 : 0; i < count; i++) {
            c10::IValue name = checked_key(item(key, "dict with keys", depth));
            items.insert_or_assign(std::move(name), item(element, "dict with values", depth));
        }
        return c10::IValue(std::move(items));
    }

    static c10::IValue checked_key(c10::IValue key) {
        if (!(key.isString() || key.isInt() || key.isDouble() || key.isBool())) refuse("A dict's keys are strings, ints, floats or bools.");
        return key;
    }

    const eisen_value* next_;
    const eisen_value* end_;
    c10::Device device_;
    BorrowedMemory& borrowed_;
};

}  // namespace

std::vector<c10::IValue> read_arguments(
    const eisen_value* values, int64_t value_count, int64_t argument_count, const c10::FunctionSchema& schema, c10::Device device,
    BorrowedMemory& borrowed) {
    if (value_count < 0 || argument_count < 0 || argument_count > value_count) refuse("The number of arguments does not fit the values given.");
    if (value_count > 0 && values == nullptr) refuse("The values are missing.");

    // The schema's first argument is the module itself.
    const auto& parameters = schema.arguments();
    const auto wanted = static_cast<int64_t>(parameters.size()) - 1;
    if (argument_count > wanted && !schema.is_vararg())
        refuse("forward() takes " + std::to_string(wanted) + " argument(s), but " + std::to_string(argument_count) + " were given.");

    ArgumentReader reader(values, value_count, device, borrowed);
    std::vector<c10::IValue> arguments;
    arguments.reserve(static_cast<size_t>(argument_count));
    for (int64_t i = 0; i < argument_count; i++)
        arguments.push_back(reader.read(i < wanted ? parameters[static_cast<size_t>(i) + 1].type() : c10::AnyType::get()));
    if (!reader.at_end()) refuse("More values were given than the arguments have.");
    return arguments;
}

void BorrowedMemory::add(const at::Tensor& tensor) { storages_.push_back(tensor.storage()); }

BorrowedMemory::~BorrowedMemory() {
    for (const c10::Storage& storage : storages_) {
        if (storage.unique()) continue;
        try {
            c10::DataPtr copy = c10::GetCPUAllocator()->allocate(storage.nbytes());
            std::memcpy(copy.get(), storage.data(), storage.nbytes());
            storage.set_data_ptr_noswap(std::move(copy));
        } catch (const std::exception&) {
            // A null pointer stops the module that uses it; the caller's memory would be read after its end.
            storage.set_data_ptr_noswap(c10::DataPtr(nullptr, c10::Device(c10::kCPU)));
        }
    }
}

Flattened::Flattened(const c10::IValue& value) { add(value, 0); }

eisen_value& Flattened::add_node(eisen_kind kind) {
    nodes_.emplace_back();
    nodes_.back().kind = kind;
    return nodes_.back();
}

void Flattened::add(const c10::IValue& value, int depth) {
    if (depth > kMaxDepth) refuse("The module returned values nested deeper than " + std::to_string(kMaxDepth) + " levels.");

    if (value.isNone()) {
        add_node(EISEN_NONE);
    } else if (value.isTensor()) {
        add_tensor(value.toTensor());
    } else if (value.isBool()) {
        add_node(EISEN_BOOL).integer = value.toBool() ? 1 : 0;
    } else if (value.isInt()) {
        add_node(EISEN_INT).integer = value.toInt();
    } else if (value.isDouble()) {
        add_node(EISEN_FLOAT).real = value.toDouble();
    } else if (value.isString()) {
        add_string(value.toStringRef());
    } else if (value.isList()) {
        const auto items = value.toList();
        add_node(EISEN_LIST).count = static_cast<int64_t>(items.size());
        for (size_t i = 0; i < items.size(); i++) add(items.get(i), depth + 1);
    } else if (value.isTuple()) {
        const auto& items = value.toTupleRef().elements();
        add_node(EISEN_TUPLE).count = static_cast<int64_t>(items.size());
        for (const auto& item : items) add(item, depth + 1);
    } else if (value.isGenericDict()) {
        const auto items = value.toGenericDict();
        add_node(EISEN_DICT).count = static_cast<int64_t>(items.size());
        for (const auto& item : items) {
            add(item.key(), depth + 1);
            add(item.value(), depth + 1);
        }
    } else {
        refuse("The module returned a " + value.tagKind() + ", which cannot be sent: return tensors, numbers, strings, bools, None, or lists, tuples and dicts of them.");
    }
}

void Flattened::add_tensor(const at::Tensor& given) {
    if (!given.defined()) {
        add_node(EISEN_NONE);
        return;
    }
    const int32_t dtype = given.layout() == at::kStrided ? dtype_of(given.scalar_type()) : 0;
    if (dtype == 0) {
        const std::string type = given.layout() == at::kStrided ? std::string("dtype ") + c10::toString(given.scalar_type()) : "a sparse layout";
        refuse("The module returned a tensor of " + type + ", which cannot be sent: convert it, for example with .to(torch.float32) or .to_dense().");
    }

    // Each of these is a dispatch even where it does nothing, which for a small model is what a call costs.
    at::Tensor tensor = given.is_cpu() ? given : to_host(given);
    if (tensor.is_neg()) tensor = tensor.resolve_neg();
    tensor = tensor.contiguous();
    tensors_.push_back(tensor);
    shapes_.push_back(tensor.sizes().vec());
    eisen_value& node = add_node(EISEN_TENSOR);
    node.dtype = dtype;
    node.count = static_cast<int64_t>(shapes_.back().size());
    node.shape = shapes_.back().data();
    node.data = tensor.data_ptr();
    node.bytes = static_cast<int64_t>(tensor.nbytes());
}

void Flattened::add_string(const std::string& text) {
    strings_.push_back(text);
    eisen_value& node = add_node(EISEN_STRING);
    node.data = strings_.back().data();
    node.bytes = static_cast<int64_t>(strings_.back().size());
}

}  // namespace eisen
