"""Problems that people report (phản ánh): read by the producer and the authority, never public, never counted."""
