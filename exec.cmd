@rem Scripts of package.json begin with exec, so that signals to npm reach Node and no shell. cmd.exe has none of its own.
@%*
