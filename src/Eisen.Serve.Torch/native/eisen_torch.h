// The C ABI between the server and libtorch: load a TorchScript module, describe it, run its forward, free it.
//
// Every function that can fail returns an eisen_status; the text of a failure is then at eisen_last_error() of the same
// thread. No C++ exception leaves, whatever its type.
#ifndef EISEN_TORCH_H
#define EISEN_TORCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EISEN_API __attribute__((visibility("default")))

// Raised when a signature or a struct here changes; the caller refuses another one.
#define EISEN_ABI_VERSION 4

typedef enum {
    EISEN_OK = 0,
    EISEN_FAILED = 1,
    EISEN_OUT_OF_MEMORY = 2,
} eisen_status;

typedef enum {
    EISEN_NONE = 0,
    EISEN_BOOL = 1,
    EISEN_INT = 2,
    EISEN_FLOAT = 3,
    EISEN_STRING = 4,
    EISEN_TENSOR = 5,
    EISEN_LIST = 6,
    EISEN_TUPLE = 7,
    EISEN_DICT = 8,
} eisen_kind;

typedef enum {
    EISEN_CPU = 0,
    EISEN_CUDA = 1,
} eisen_device_type;

typedef enum {
    EISEN_FREEZE = 0,                  // weights as constants, and what can be computed from them alone computed
    EISEN_OPTIMIZE_FOR_INFERENCE = 1,  // frozen, and then laid out for the device's own kernels
} eisen_optimization;

// One node of a tree of values. A tree is an array of nodes in pre-order: a node is followed by its children.
typedef struct {
    int32_t kind;          // eisen_kind
    int32_t dtype;         // tensor: the element type, numbered as in the DType enumeration
    int64_t count;         // list, tuple: items; dict: pairs, each a key and a value; tensor: dimensions
    int64_t integer;       // bool (0 or 1), int
    double real;           // float
    const void* data;      // tensor: elements in C order; string: UTF-8, not terminated
    int64_t bytes;         // tensor, string: the size of data
    const int64_t* shape;  // tensor: the length of each dimension
} eisen_value;

typedef struct eisen_module eisen_module;
typedef struct eisen_result eisen_result;

EISEN_API int32_t eisen_abi_version(void);

// The version of the libtorch that this library was built against, such as "1.13.0".
EISEN_API const char* eisen_torch_version(void);

// The text of the calling thread's last failure, and its length in bytes. Valid until the thread's next call.
EISEN_API const char* eisen_last_error(int64_t* length);

// How many CUDA devices libtorch can use; 0 where it was built without CUDA.
EISEN_API eisen_status eisen_cuda_device_count(int32_t* count);

// Threads that one operator may use when it runs on the calling thread.
EISEN_API eisen_status eisen_set_intra_op_threads(int32_t count);

// Threads between operators, for the whole process. Only the first call takes effect.
EISEN_API eisen_status eisen_set_inter_op_threads(int32_t count);

EISEN_API eisen_status eisen_module_load(const char* path, int32_t device_type, int32_t device_index, eisen_module** module);
EISEN_API void eisen_module_free(eisen_module* module);

// Makes a second module that gives the same answers by another route; each is freed on its own, in any order. They share
// the weights that the transformation leaves as they are. A module that keeps state between calls is refused.
EISEN_API eisen_status eisen_module_optimize(const eisen_module* module, int32_t optimization, eisen_module** optimized);

// Tells what a module takes, gives and does, as a tuple of four: forward's arguments (a list of tuples: name, type, whether
// it may be left out), the type of what forward returns, the module's code, and the bytes of its weights. Types and code are
// TorchScript's own text; what of the code exceeds `most_code_bytes` is left out.
EISEN_API eisen_status eisen_module_describe(const eisen_module* module, int64_t most_code_bytes, eisen_result** result);

// Runs forward on `argument_count` trees that `values` holds one after another, `value_count` nodes in all. The tensors
// wrap the caller's memory, which must stay until the result is freed: it may share it.
EISEN_API eisen_status eisen_module_forward(
    eisen_module* module, const eisen_value* values, int64_t value_count, int64_t argument_count, eisen_result** result);

// The tree that a call gave. Its memory is the result's.
EISEN_API void eisen_result_values(const eisen_result* result, const eisen_value** values, int64_t* value_count);
EISEN_API void eisen_result_free(eisen_result* result);

#ifdef __cplusplus
}
#endif

#endif
