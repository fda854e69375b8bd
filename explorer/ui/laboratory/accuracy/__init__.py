"""The accuracy page: how much F(m, r) errs, where in the picture it does, and a search for points that err less."""
