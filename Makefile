# Aliases for those who type make; ./run is all that is needed.
.PHONY: demo test check serve lock

demo test check serve:
	./run $@

# Writes the hash-locked requirements anew. Needs uv on the PATH, or `make lock UV=/path/to/uv`.
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" setup.cfg

lock:
	$(COMPILE) --extra app --extra embedded --extra postgres --extra build \
		--output-file requirements/run.txt $(LOCKFLAGS)
	$(COMPILE) --extra test --extra lint --constraints requirements/run.txt \
		--output-file requirements/test.txt $(LOCKFLAGS)
	$(COMPILE) --extra docs --constraints requirements/run.txt --constraints requirements/test.txt \
		--output-file requirements/docs.txt $(LOCKFLAGS)
