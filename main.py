if __name__ == "__main__":
    from explorer.app import main

    raise SystemExit(main())
