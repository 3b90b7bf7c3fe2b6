"""What leaves the store as files: rectification list (XLSX, CSV), GeoJSON, HTML report.

Every file is whole or not there, pictures have faces blurred and no EXIF, and no text can run as a
formula. ``gathering`` reads the store; the writers take plain rows::

    rows = every_issue(session, catalogue, TO_RECTIFY)
    listing = Listing(Words("zh", catalogue.calendar.zone), catalogue)
    write_workbook(path, rows, listing, Title(now, "创卫办"), pictures=Pictures(evidence))
"""
