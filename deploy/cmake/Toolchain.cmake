# Language level, warnings, sanitizers and ccache, for every target of this project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# For the editor, tests/tidy.sh and the check that headers are self-contained.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(AVOCET_CCACHE ccache)
if(AVOCET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${AVOCET_CCACHE}")
endif()

add_library(avocet_flags INTERFACE)
target_include_directories(avocet_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(avocet_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(AVOCET_WARNINGS_AS_ERRORS)
  target_compile_options(avocet_flags INTERFACE -Werror)
endif()
if(AVOCET_SANITIZER)
  # -O1 keeps the numerics tests usable; frame pointers keep reports readable, and -g1 has their lines. Instrumented code with
  # all of its variables takes half as long again to compile.
  add_compile_options(-fsanitize=${AVOCET_SANITIZER} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${AVOCET_SANITIZER})
  if(AVOCET_SANITIZER MATCHES "undefined")
    # A fifth of the time to compile goes into these checks of every pointer. AddressSanitizer reports a null one as well.
    add_compile_options(-fno-sanitize=null,alignment)
  endif()
  # GCC loses track of initialised members behind the sanitizers' calls (its manual says so of -fsanitize).
  target_compile_options(avocet_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(CMAKE_UNITY_BUILD OR AVOCET_SANITIZER)
  # GCC takes a unity build's sources for headers, whose unnamed namespaces it warns of.
  target_compile_options(avocet_flags INTERFACE -Wno-subobject-linkage)
endif()
if(AVOCET_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# avocet_compile_fast(): for the folder that calls it and those below. Code without loops over pixels or weights is compiled for
# AddressSanitizer without optimisation, which halves the time it takes. Not for ThreadSanitizer:
# functions of the standard library that are not inlined then serve the shared libraries too, whose locks it cannot see.
macro(avocet_compile_fast)
  if(AVOCET_SANITIZER MATCHES "address")
    add_compile_options(-O0)
  endif()
endmacro()

# avocet_check_alignment(): for a folder that reads numbers out of the bytes of files.
macro(avocet_check_alignment)
  if(AVOCET_SANITIZER MATCHES "undefined")
    add_compile_options(-fsanitize=alignment)
  endif()
endmacro()
